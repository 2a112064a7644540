"""`partners inbox`."""
