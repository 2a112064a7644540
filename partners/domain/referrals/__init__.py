"""Referrals: their life, what they pay, and the way to a tier."""
