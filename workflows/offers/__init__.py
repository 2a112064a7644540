"""What tiers open, as it goes on for months: exclusives, prices that rise, incentives."""
