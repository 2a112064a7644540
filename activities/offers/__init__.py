"""Incentives: accrued a month at a time, and settled since."""
