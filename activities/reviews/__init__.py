"""Judging everybody for a period: pages, what follows for cases and promotions, dry runs."""
