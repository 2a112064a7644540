"""Progressive response, and complaints."""
