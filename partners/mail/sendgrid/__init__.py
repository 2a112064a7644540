"""SendGrid: sending, its rate limit, its events, its logs and its suppression lists."""
