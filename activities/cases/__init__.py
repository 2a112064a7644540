"""A case from its warning to its outcome: steps, decisions, and the notices about it."""
