"""Bounds on numbers that people type: what lies beyond them is a slip of the finger, and no column
could hold it. Bounds on days are in `domain.overrides.override`.
"""

from __future__ import annotations

from typing import Any

import typer

MOST = 2**31 - 1
"""The largest number of a record in both databases."""
MOST_DIGITS = 15
"""Of an amount, before its decimals."""


def port(words: str) -> Any:
    """An option that names a port; 0 takes any that is free."""
    return typer.Option(min=0, max=65535, help=f"{words} 0: any that is free.")
