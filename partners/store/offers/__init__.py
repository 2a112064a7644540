"""What offers, exclusives and incentives are, as the tables have it."""
