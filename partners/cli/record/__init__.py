"""`partners audit …`, `note`."""
