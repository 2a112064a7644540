"""Leads that partners refer, and what they pay."""
