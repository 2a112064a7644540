"""A case: states, decisions, what people may command about it, and what happens next."""
