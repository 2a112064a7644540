"""`partners list`, `show`."""
