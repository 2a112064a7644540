"""People's words over the automation: shown first, then carried out on the case or by hand."""
