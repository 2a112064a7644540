"""Pages that anybody with the right link or key may reach."""
