"""A small model of the rules, apart from the program's code: what happened, and what follows.

It knows the orders of two partners, the standards of each policy version, and what people said. It
judges a window of days by counting; so it says of each decision whether the rules allow it.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

TIERS = {"acme": "gold", "zenith": "silver"}
"""Two partners, and their first tiers: one can be moved down, one out."""
PARTNERS = tuple(TIERS)
OFFERS = ("roses", "tulips")
START = datetime(2035, 3, 5, 12, tzinfo=UTC)
FIRST_DAY = date(2034, 12, 1)
"""The feed's first day."""
RATE, MIN_SAMPLE = Fraction(1, 2), 5
"""Of the orders that were answered at least so many are accepted; judged on so many."""
RECOVERY_DAYS = 30
ONE_DAY = timedelta(days=1)
PASSING, BELOW, INSUFFICIENT = "passing", "below", "insufficient"


@dataclass
class Override:
    """What a person said over the automation; `until` None: for good."""

    partner_id: str
    kind: str
    first: date
    until: date | None
    who: str

    def holds_on(self, day: date) -> bool:
        return self.first <= day and (self.until is None or day <= self.until)


@dataclass
class Model:
    """Everything that was fed or said, in plain Python."""

    through: date = FIRST_DAY - ONE_DAY
    """The newest day that the feed covers; it covers every day from FIRST_DAY on."""
    orders: dict[str, tuple[str, date, str]] = field(default_factory=dict)
    """By order id: partner, day, `completed` or `rejected`."""
    standards: dict[int, dict[str, int]] = field(default_factory=dict)
    """By policy version and tier: orders a month that it takes to keep the tier."""
    tiers: dict[str, str | None] = field(default_factory=lambda: dict(TIERS))
    overrides: list[Override] = field(default_factory=list)
    orders_given: dict[str, str] = field(default_factory=dict)
    """Who gave a command that was carried out, and about which partner. Each name is used once."""
    refused: set[str] = field(default_factory=set)
    """Who gave a command that was refused."""
    approved: set[str] = field(default_factory=set)
    """Cases that a person let go on over the guard."""
    appealed: set[str] = field(default_factory=set)
    """Partners with an appeal that waits for an answer."""
    taken: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """How often the provider took a message, by its key."""
    said_sent: set[str] = field(default_factory=set)
    """Messages of which a person said that they were sent, by key."""

    def in_force(self, partner_id: str, day: date) -> set[str]:
        """What keeps reviews away: a waiver, a block, a pin; a block of some offers does not."""
        of_partner = (o for o in self.overrides if o.partner_id == partner_id)
        return {o.kind for o in of_partner if o.holds_on(day)} - {"offers"}

    # ---- judging ----

    def cured(self, partner_id: str, metrics: list[str], required: int, as_of: date) -> str:
        """The verdict on trailing days: of each metric the better of its two windows."""
        firsts = (as_of - timedelta(RECOVERY_DAYS - 1), month_before(as_of) + ONE_DAY)
        verdicts = []
        for metric in metrics:
            found = {self._verdict(partner_id, metric, required, f, as_of) for f in firsts}
            verdicts.append(next(v for v in (PASSING, BELOW, INSUFFICIENT) if v in found))
        return worst(verdicts)

    def in_month(self, partner_id: str, metrics: list[str], required: int, month: int) -> str:
        """The verdict on a whole month (YYYYMM)."""
        first = date(month // 100, month % 100, 1)
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        return worst([self._verdict(partner_id, m, required, first, last) for m in metrics])

    def _verdict(self, partner_id: str, metric: str, required: int, first: date, last: date) -> str:
        if first < FIRST_DAY or last > self.through:
            return INSUFFICIENT
        of_partner = (o for o in self.orders.values() if o[0] == partner_id)
        seen = [status for _, day, status in of_partner if first <= day <= last]
        if metric == "orders_per_month":
            return PASSING if len(seen) >= required else BELOW
        assert metric == "acceptance_rate"
        if len(seen) < MIN_SAMPLE:
            return INSUFFICIENT
        return PASSING if Fraction(seen.count("completed"), len(seen)) >= RATE else BELOW


def worst(verdicts: list[str]) -> str:
    return next(v for v in (BELOW, INSUFFICIENT, PASSING) if v in verdicts)


def month_before(day: date) -> date:
    """The same day a month earlier, or that month's last."""
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
