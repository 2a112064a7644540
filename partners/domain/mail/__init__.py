"""Kinds of notice, their keys and topics, and what becomes of messages."""
