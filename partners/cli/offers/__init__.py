"""Commands about offers, areas and exclusives."""
