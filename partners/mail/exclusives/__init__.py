"""What mails about exclusives say, in words."""
