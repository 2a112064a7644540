"""Invented facts of every kind of notice, for previews and tests."""
