"""The one place where things are built. Nothing connects at import, nor loads what it need not."""
