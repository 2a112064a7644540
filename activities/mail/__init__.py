"""Sending, whatever the message is: gates, the outbox protocol, unknown answers, suppressions."""
