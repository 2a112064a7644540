"""Incentives: who is owed what for a period, what that posts, and the runs that post it."""
