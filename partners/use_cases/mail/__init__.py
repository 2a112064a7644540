"""Messages, whom mail does not reach, and what stops it."""
