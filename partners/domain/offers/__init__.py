"""What a tier opens: offers, their prices, exclusives."""
