"""Exclusives in their term: what is due, and who is told."""
