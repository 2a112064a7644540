"""Exclusives, as people propose, sign, renew and end them."""
