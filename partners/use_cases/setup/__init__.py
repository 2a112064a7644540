"""Making everything ready."""
