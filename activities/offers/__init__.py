"""Offers: what opens and closes for whom, prices that rise, incentives that accrue."""
