"""The sample partners: what happens to their orders, and how each case must end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from partners.domain.time.calendar import Month

START = datetime(2026, 9, 28, 6, tzinfo=UTC)
"""The demo's anchor: the Monday morning on which exclusives are signed."""

JUDGED_ON = date(2026, 10, 5)
"""A Monday on which September has settled: everybody is judged for it."""

HISTORY_FROM = date(2026, 4, 1)
"""Orders begin here: six months before, as long as the longest window."""


class Ending(StrEnum):
    """How a story ends."""

    NO_CASE = "no case"
    EARLY = "reinstated before the deadline"
    AT_DEADLINE = "reinstated at the deadline"
    REMOVED = "removed"
    TOO_LITTLE = "on hold: too little data"
    UNDELIVERABLE = "on hold: warning undeliverable"
    QUALIFIED = "a reseller now"
    STAYS = "stays a referral partner"
    REFUNDED = "a reseller; a purchase was refunded"
    KEPT = "keeps the exclusive"
    LOST = "loses the exclusive"


@dataclass(frozen=True)
class Pace:
    """How orders arrive from a day on: so many in 30 days, evenly, all completed but the rejected.

    Of the orders every `rejected_every`-th is rejected, every `rated_every`-th rated, and every
    `exclusive_every`-th of what the partner holds an exclusive for; 0: none.
    """

    since: date
    per_30_days: int
    rejected_every: int = 0
    rated_every: int = 2
    rating: str = "4.8"
    exclusive_every: int = 0


@dataclass(frozen=True)
class Story:
    """One partner of the demo. `last_case`: the month of an earlier, reinstated case."""

    partner_id: str
    name: str
    plot: str
    lesson: str
    ending: Ending
    paces: tuple[Pace, ...]
    email: str = ""
    last_case: Month | None = None

    @property
    def address(self) -> str:
        return self.email or f"hello@{self.partner_id}.example"


def _day(month: int, day: int) -> date:
    return date(2026, month, day)


_STEADY = Pace(HISTORY_FROM, 12)
_WEAK_SEPTEMBER = (_STEADY, Pace(_day(9, 1), 6))

STORIES = (
    Story(
        "alba-coffee",
        "Alba Coffee",
        "meets every standard",
        "nobody is written to, and no case opens",
        Ending.NO_CASE,
        (_STEADY,),
    ),
    Story(
        "nova-travel",
        "Nova Travel",
        "a weak month, then recovers early",
        "good numbers that held for 14 days end the grace period before its deadline",
        Ending.EARLY,
        (*_WEAK_SEPTEMBER, Pace(_day(10, 5), 21)),
    ),
    Story(
        "harbor-foods",
        "Harbor Foods",
        "picks up late, passes at the deadline",
        "too late to hold for 14 days, but the deadline itself is passed",
        Ending.AT_DEADLINE,
        (*_WEAK_SEPTEMBER, Pace(_day(11, 12), 36)),
    ),
    Story(
        "old-mill",
        "Old Mill",
        "never recovers",
        "warned, reminded twice, removed on the decision day and told how to come back",
        Ending.REMOVED,
        (_STEADY, Pace(_day(9, 1), 4)),
    ),
    Story(
        "kite-sports",
        "Kite Sports",
        "below again soon after its last case",
        "a repeat within 90 days: staff are told and the words are firmer; the grace is the same",
        Ending.EARLY,
        (
            _STEADY,
            Pace(_day(6, 1), 7),
            Pace(_day(7, 1), 12),
            Pace(_day(9, 1), 6),
            Pace(_day(10, 5), 24),
        ),
        last_case=Month(2026, 6),
    ),
    Story(
        "cedar-books",
        "Cedar Books",
        "cures what it was warned of; acceptance breaks",
        "a case decides on what its warning named; low acceptance waits for a later case",
        Ending.EARLY,
        (*_WEAK_SEPTEMBER, Pace(_day(10, 5), 24, rejected_every=3)),
    ),
    Story(
        "lake-rentals",
        "Lake Rentals",
        "poor ratings, then closed for the season",
        "hardly an order and no rating: too little to judge fairly, so a person decides",
        Ending.TOO_LITTLE,
        (
            Pace(HISTORY_FROM, 12, rating="4.1"),
            Pace(_day(5, 20), 12, rated_every=0),
            Pace(_day(10, 5), 1, rated_every=0),
        ),
    ),
    Story(
        "palm-tours",
        "Palm Tours",
        "the warning cannot be delivered",
        "no clock runs before a warning has arrived: a person finds a better address",
        Ending.UNDELIVERABLE,
        (_STEADY, Pace(_day(9, 1), 5)),
        email="hello@palm-tours.invalid",
    ),
)
