"""What other systems know, read from files."""
