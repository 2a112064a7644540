"""Pages for people's browsers. They read; what changes something is a command."""
