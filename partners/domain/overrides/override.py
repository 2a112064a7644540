"""Kinds of word over the automation (rule 16), and how far one may reach, so that every date that
follows from it can be reckoned and shown, and no case waits for a day that nobody will see."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from partners.domain.time.calendar import shift_months


class Override(StrEnum):
    """What a person says about a partner, and what holds for some time."""

    WAIVER = "waiver"  # not judged
    BLOCK = "block"  # beyond reviews
    OFFERS = "offers"  # some offers are blocked; judged as everybody
    PIN = "pin"  # stays in the tier


MOST_DAYS = 366
"""By which one command moves a deadline."""
MOST_YEARS = 5
"""How far ahead the last day of a pause, a waiver, a block or a pin, or a deadline, may be."""
LONGEST_WORDS = 10_000
"""Characters of a reason, or of who gives it."""

EARLIEST, LATEST = date(1970, 1, 1), date(2999, 12, 31)
"""Days that anybody may name at all, to ask or to record something."""


def last_allowed(today: date) -> date:
    """The furthest day that a command may name or lead to."""
    return shift_months(today, 12 * MOST_YEARS)


def why_too_many_days(days: int) -> str | None:
    if days < 1:
        return "a deadline only moves later: give 1 day or more"
    if days > MOST_DAYS:
        return f"{days} days are more than one command adds; give {MOST_DAYS} or fewer"
    return None


def why_too_far(day: date | None, today: date, what: str = "") -> str | None:
    """`what`: what the day is, where the person did not name it: `the new deadline, `."""
    if day is None or day <= (last := last_allowed(today)):
        return None
    return f"{what}{day} is more than {MOST_YEARS} years ahead; the furthest is {last}"


def why_past(until: date | None, today: date) -> str | None:
    """`until` is a last day, today or later."""
    if until is not None and until < today:
        return f"{until} has passed; name a last day from {today} on"
    return None


def why_no_last_day(until: date | None, today: date) -> str | None:
    return why_past(until, today) or why_too_far(until, today)


def why_unsigned(who: str, reason: str) -> str | None:
    """Who and why have to be there, as text that can be kept and shown (rule 16)."""
    if not who.strip() or not reason.strip():
        return "say who you are and why"
    if not (_is_text(who) and _is_text(reason)):
        return "who and why must be plain text, without NUL characters or halves of characters"
    if max(len(who), len(reason)) > LONGEST_WORDS:
        return f"who and why may have {LONGEST_WORDS} characters each"
    return None


def _is_text(words: str) -> bool:
    return "\0" not in words and not any("\ud800" <= letter <= "\udfff" for letter in words)
