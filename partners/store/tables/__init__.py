"""The tables, a room for each area, and the types of their columns."""
