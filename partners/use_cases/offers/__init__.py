"""Offers as people prepare, price, grant and end them."""
