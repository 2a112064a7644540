"""Exclusives in their term: what was sold against what was agreed, what is due, when to look."""
