"""`partners offer …`: offers, their prices and grants."""
