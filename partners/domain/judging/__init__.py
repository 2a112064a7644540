"""Figures held against standards: coverage, windows, findings, verdicts."""
