"""The outbox, events about messages, and who may be written to."""
