"""What waits for a person: the inbox, its daily digest, messages that are no longer true."""
