"""Everything that is neither workflow nor activity: domain, store, mail, web, command line."""
