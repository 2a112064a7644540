"""Progressive response: the check-in that comes before a warning."""
