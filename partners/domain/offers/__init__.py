"""Offers: who may see and order what, where, and at what price."""
