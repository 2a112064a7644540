"""Exclusives as they are stored: what was agreed, the places they hold, who loses by one."""
