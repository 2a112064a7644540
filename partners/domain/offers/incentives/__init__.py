"""What tiers pay back for completed orders: what is owed, and the runs that post it."""
