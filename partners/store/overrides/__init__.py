"""People's words over the automation, and appeals."""
