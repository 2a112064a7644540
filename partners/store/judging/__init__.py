"""What is known of partners, gathered for the domain to judge: one, a page, or everybody."""
