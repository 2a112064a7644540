"""`partners dev` and `demo`: everything on this machine."""
