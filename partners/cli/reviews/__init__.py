"""`partners review …`, `reviews`, `guard`."""
