"""What becomes of an exclusive in its term: what its holder sold, what is told of it."""
