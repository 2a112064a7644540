"""`partners complaint …`, and the steps of progressive response."""
