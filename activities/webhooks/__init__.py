"""Telling the outside what changed."""
