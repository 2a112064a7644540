"""What an incentive owes for a period: whose months count, what they add up to, what that pays.

A month counts for the tier that the partner had on its last day; one that began without a tier, or
under a block, counts for none. A period adds up the months of one tier, and is paid by the terms
that were in force when the first of them began.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from partners.domain.policy.sections.incentive_policy import (
    IncentivePeriod,
    IncentiveSection,
    Measure,
)
from partners.domain.time.calendar import Month

ZERO = Decimal(0)
_CENT = Decimal(1).scaleb(-2)


class Figures(NamedTuple):
    """Completed orders of some months, and their value in hundredths of the currency's unit."""

    orders: int = 0
    value_cents: int = 0

    @property
    def value(self) -> Decimal:
        return self.value_cents * _CENT

    def plus(self, other: Figures) -> Figures:
        return Figures(self.orders + other.orders, self.value_cents + other.value_cents)


class Span(NamedTuple):
    """The months of a period; named `2026-11` or `2026-Q4`."""

    name: str
    first: Month
    last: Month

    @property
    def months(self) -> list[Month]:
        count = self.last.month - self.first.month + 1  # no period reaches over a year's end
        return [self.first.plus(n) for n in range(count)]


def span_of(period: IncentivePeriod, month: Month) -> Span:
    """The period that a month is in."""
    if period is IncentivePeriod.MONTHLY:
        return Span(str(month), month, month)
    quarter = (month.month - 1) // 3
    first = Month(month.year, quarter * 3 + 1)
    return Span(f"{month.year:04d}-Q{quarter + 1}", first, first.plus(2))


@dataclass(frozen=True)
class Terms:
    """The terms of a tier for a period, as the policy that is pinned has them."""

    version: int
    section: IncentiveSection
    currency: str
    decimals: int  # of the currency

    def due(self, figures: Figures) -> Decimal:
        """What the period pays on these figures, rounded half up to the currency's decimals.

        A step that is reached pays for all of the period, not only for what is above it.
        """
        section = self.section
        orders = section.measure is Measure.ORDERS
        pays = section.paid_at(Decimal(figures.orders) if orders else figures.value)
        if pays is None:
            return ZERO
        base = figures.value if pays.share is not None else Decimal(figures.orders)
        amount = max(ZERO, base * pays.rate)
        if section.cap is not None:
            amount = min(amount, section.cap)
        return amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)

    def payable_on(self, span: Span) -> date:
        """The first day on which nothing of the period is held for returns any more."""
        return span.last.last_day + timedelta(days=self.section.holding_days)


class TierMove(NamedTuple):
    """A change of tier on a program's day; None: no tier."""

    day: date
    before: str | None
    after: str | None


def tier_of_month(month: Month, now: str | None, moves: Sequence[TierMove]) -> str | None:
    """The tier for which a month counts; None: for none.

    `now`: the partner's tier; `moves`: those since the month began, in their order. Of who left
    during the month, the tier that they left.
    """
    tier = moves[0].before if moves else now
    if tier is None and not any(move.day <= month.last_day for move in moves):
        return None
    for move in moves:
        if move.day > month.last_day:
            break
        tier = move.after or tier
    return tier


def is_blocked(month: Month, blocks: Iterable[tuple[date, date | None]]) -> bool:
    """Whether a month began under a block. Each: its first and last day; None: until ended."""
    day = month.first_day
    return any(first < day and (last is None or last >= day) for first, last in blocks)


class Share(NamedTuple):
    """What one tier has of a partner's period: which of its months, and what they add up to."""

    tier: str
    span: Span
    months: tuple[Month, ...]
    figures: Figures | None  # None: some of it is not known, so it waits (rule 3)


@dataclass(frozen=True)
class Plan:
    """What ends with a month: of each tier, its periods, as the terms of each of their months.

    A tier has two periods only where its policy went over from one kind to the other between.
    """

    month: Month
    by_tier: Mapping[str, tuple[Mapping[Month, Terms], ...]]

    @property
    def months(self) -> list[Month]:
        """The months that any of it adds up, oldest first."""
        found = (terms for periods in self.by_tier.values() for terms in periods)
        return sorted({month for terms in found for month in terms})

    @property
    def releases(self) -> list[date]:
        """The days on which something of these periods is no longer held, in their order."""
        found = (terms for periods in self.by_tier.values() for terms in periods)
        every = (one for terms in found for one in terms.values())
        return sorted({one.payable_on(span_of(one.section.period, self.month)) for one in every})

    def shares(
        self,
        tiers: Mapping[Month, str | None],
        known: Mapping[Month, Figures],
        unknown: Collection[Month] = (),
    ) -> Iterator[tuple[Share, Terms]]:
        """What a partner has of the periods that end, and by which terms each is paid.

        `tiers`: by month, for which it counts; `known`: what was completed in it.
        """
        for tier in dict.fromkeys(t for t in tiers.values() if t in self.by_tier):
            assert tier is not None
            for terms in self.by_tier[tier]:
                months = tuple(m for m in terms if tiers.get(m) == tier)
                if months:
                    first = terms[months[0]]
                    span = span_of(first.section.period, self.month)
                    yield Share(tier, span, months, _sum(months, known, unknown)), first


def _sum(
    months: Sequence[Month], known: Mapping[Month, Figures], unknown: Collection[Month]
) -> Figures | None:
    if any(month in unknown for month in months):
        return None
    figures = Figures()
    for month in months:
        figures = figures.plus(known.get(month, Figures()))
    return figures
