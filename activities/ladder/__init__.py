"""Carrying out promotions, and welcoming those who were promoted."""
