"""Offers: what opens and closes for whom, exclusives in their term."""
