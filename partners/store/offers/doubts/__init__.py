"""Orders of offers that their partner could not have had."""
