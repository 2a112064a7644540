"""A CSV file, line by line and field by field."""
