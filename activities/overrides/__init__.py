"""People's commands about a partner, with a case or without, and telling the partner of them."""
