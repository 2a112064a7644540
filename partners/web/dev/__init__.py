"""Pages for one's own machine only."""
