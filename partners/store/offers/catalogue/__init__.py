"""The catalogue: offers as they are prepared, priced, granted and ended."""
