"""`partners area` and `partners exclusive`."""
