"""The audit: written with each transaction, read, and checked; partners' standings."""
