"""Effects: each gathers, lets the domain decide, and applies; each is safe to repeat."""
