"""What helps while a command is typed: examples in helps, completion of what is in the database."""
