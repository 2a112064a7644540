"""How partners stand against their standards."""
