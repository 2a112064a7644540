"""Progressive response, and complaints about partners."""
