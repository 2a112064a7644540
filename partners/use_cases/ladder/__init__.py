"""Promotions, and the first steps of who was promoted."""
