"""What a tier opens: areas and exclusives, as people keep them."""
