"""Judging everybody for a period, what that found, and what the guard holds."""
