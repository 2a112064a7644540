"""Composing and handing over e-mail. Composing never sends."""
