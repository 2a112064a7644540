"""Changes told to the outside."""
