"""Offers, grants, prices, areas and exclusives as they are stored."""
