"""Bounds on days and numbers that people type: what lies beyond them is a slip of the finger, and
no calendar or database could count with it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import typer

from partners.errors import UserError

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)
MOST = 2**31 - 1
"""The largest number of a record in both databases."""
MOST_DAYS = 3660
MOST_DIGITS = 15
"""Of an amount, before its decimals."""


def port(words: str) -> Any:
    """An option that names a port."""
    return typer.Option(min=1, max=65535, help=words)


def within(day: date) -> bool:
    return FIRST_DAY <= day <= LAST_DAY


def a_day(text: str) -> datetime:
    """Reads `YYYY-MM-DD`: the parser of options that take a day."""
    return _parsed(text, "%Y-%m-%d", "YYYY-MM-DD")


def a_day_or_minute(text: str) -> datetime:
    """Reads `YYYY-MM-DD`, or `YYYY-MM-DDTHH:MM`."""
    form = "%Y-%m-%dT%H:%M" if "T" in text else "%Y-%m-%d"
    return _parsed(text, form, "YYYY-MM-DD or YYYY-MM-DDTHH:MM")


def _parsed(text: str, form: str, words: str) -> datetime:
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007
    except ValueError:
        raise UserError(f"{text!r} is no day written {words}") from None
    if not within(moment.date()):
        raise UserError(f"{text} is not from {FIRST_DAY} to {LAST_DAY}")
    return moment
