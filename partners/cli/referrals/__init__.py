"""`partners referral …`, `statement`, `payouts`."""
