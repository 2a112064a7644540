"""Who the partners are and how each of them stands."""
