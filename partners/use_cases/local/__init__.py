"""The program on one's own machine: what the demo sets up, and how far it has come."""
