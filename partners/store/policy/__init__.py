"""Accepted policies, and tiers that one renames."""
