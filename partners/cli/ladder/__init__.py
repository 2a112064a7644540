"""`partners candidates`, `approve`, `decline`, `add`, `checklist`."""
