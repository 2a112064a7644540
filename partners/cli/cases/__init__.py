"""`partners start`, `cases`, `cancel-case`."""
