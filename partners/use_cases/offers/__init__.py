"""What a tier opens, as people ask about it and act on it."""
