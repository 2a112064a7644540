"""Numbers of things in English, for what the program prints: `1 partner`, `1,200 partners`."""

from __future__ import annotations


def number_of(number: int, thing: str, things: str = "") -> str:
    """So many of a thing; `things`: its plural, where that is not formed with an s."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
