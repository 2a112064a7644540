"""People's words over the automation: their kinds and how far they reach."""
