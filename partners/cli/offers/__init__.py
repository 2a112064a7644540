"""`partners incentives …`."""
