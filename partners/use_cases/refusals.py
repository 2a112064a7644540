"""Refusals that acts of more than one area give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners.errors import Refusal


@dataclass(eq=False)
class Unsigned(Refusal):
    """Rule 16: nobody says who acts, or why."""

    needed: tuple[str, ...]

    def __str__(self) -> str:
        return f"must not be blank: {', '.join(self.needed)}"


@dataclass(eq=False)
class Blank(Refusal):
    """What an act records says nothing."""

    says = "{name} must not be blank"

    name: str


@dataclass(eq=False)
class DayAhead(Refusal):
    """The day of something that is said to have happened lies in the future."""

    says = "the {what}'s day, {day}, is in the future; name one until {today}"

    what: str
    day: date
    today: date


@dataclass(eq=False)
class NoReason(Refusal):
    """Rule 16: an act that is recorded with its reason was given none."""

    says = "say why; it is recorded"


def need_reason(reason: str) -> None:
    """Raises NoReason for a blank one."""
    if not reason.strip():
        raise NoReason


def signed(**given: str) -> None:
    """Raises Unsigned if any of what an act needs of a person is blank."""
    if not all(words.strip() for words in given.values()):
        raise Unsigned(tuple(given))


def not_blank(**given: str) -> None:
    """Raises Blank, naming it, for the first that says nothing."""
    for name, words in given.items():
        if not words.strip():
            raise Blank(name)
