"""Facts as words in the reader's language: figures, dates, changes, decisions."""
