"""What a spreadsheet would take for a formula: cells of every CSV that leaves, and comes back."""

from __future__ import annotations

import re

_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]\d+([.,]\d+)*")


def as_text(cell: str) -> str:
    """A quote before what a spreadsheet would reckon with says that it is text; a number is one."""
    return f"'{cell}" if cell.startswith(_BEGINS) and not _NUMBER.fullmatch(cell) else cell


def as_written(cell: str) -> str:
    """The same cell without that quote."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_BEGINS) else cell
