"""Telling partners of a new policy, and what one would change for whom."""
