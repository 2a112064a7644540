"""Offers, their prices and exclusives in words."""
