"""What people do about offers, and ask."""
