"""Steps of progressive response, and complaints about partners."""
