"""Referrals, leads, the ledger, payouts, and the way to a tier."""
