"""What people do about offers, areas and exclusives, and ask."""
