"""Promotion: one tier up, within everything that limits it."""
