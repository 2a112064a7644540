"""Numbers of things in English, for what the program prints: `1 partner`, `1,200 partners`."""

from __future__ import annotations


def number_of(number: float, thing: str, things: str = "") -> str:
    """So many of a thing; `things`: its plural, where that is not formed with an s."""
    said = f"{number:,}" if isinstance(number, int) else f"{number:,g}"
    return f"{said} {thing if number == 1 else things or thing + 's'}"
