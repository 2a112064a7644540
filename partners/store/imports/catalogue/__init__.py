"""Imports of the catalogue: offers, their prices, and grants."""
