"""What an accrual reads: partners in pages, with their months; and what decides whose they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.offers.incentives.incentives import (
    Figures,
    Plan,
    Share,
    Terms,
    TierMove,
    is_blocked,
    span_of,
    tier_of_month,
)
from partners.domain.overrides.override import Override
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.judging import facts, unknown_days
from partners.store.judging.window_sums import Range
from partners.store.offers.incentives.incentive_plan import Names, names, plan_of
from partners.store.offers.incentives.incentive_sql import Bulk
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.feed_tables import MonthlyTotalRow
from partners.store.tables.program_tables import PartnerRow

PAGE = 25_000
"""Partners whose accruals are written in one transaction: a fraction of a second."""
_AT_ONCE = 500

Owed = tuple[str, Share, Terms]
"""Whose, what of the period is theirs, and by which terms it is paid."""
Blocks = Mapping[str, list[tuple[date, date | None]]]
Moves = Mapping[str, list[TierMove]]


@dataclass(frozen=True)
class Page:
    """Partners of a range through `last_id`. `apart`: those who are reckoned one by one, for they
    changed tier, were blocked, or not all is known of them; `owed`: what they have."""

    last_id: str
    apart: list[str]
    owed: list[Owed]


class Reader:
    """Looks at page after page of partners for one plan."""

    def __init__(
        self, plan: Plan, coverage: Coverage, calendar: ProgramCalendar, called: Names
    ) -> None:
        self.plan, self._coverage = plan, coverage
        self._calendar, self._called = calendar, called
        self._months = plan.months
        self._uncovered = [m for m in self._months if not coverage.covers_month(m)]

    @classmethod
    def of(cls, session: Session, month: Month, calendar: ProgramCalendar) -> Reader:
        return cls(plan_of(session, month), facts.coverage(session), calendar, names(session))

    @property
    def periods(self) -> list[str]:
        """The names of the periods that end, for whom anything is looked up at all."""
        found = (terms for periods in self.plan.by_tier.values() for terms in periods)
        sections = (first.section for terms in found for first in terms.values())
        return sorted({span_of(s.period, self.plan.month).name for s in sections})

    @property
    def bulks(self) -> list[Bulk]:
        """What everybody else has, tier by tier."""
        return [
            Bulk(
                tier,
                (tier, *(old for old, now in self._called.items() if now == tier)),
                tuple(months),
                next(iter(months.values())),
                not any(month in self._uncovered for month in months),
            )
            for tier, periods in self.plan.by_tier.items()
            for months in periods
        ]

    def next_page(self, session: Session, ids: Range, size: int = PAGE) -> Page | None:
        """The next partners of a range; None after the last, and where nothing is paid."""
        if not self._months or (last := _last_of(session, ids, size)) is None:
            return None
        found = Range(ids.after, last)
        moves = _moves(session, found, self._months[0], self._calendar, self._called)
        blocks = _blocks(session, found)
        gaps = unknown_days.of_range(session, ids.after, last)
        apart = sorted({*moves, *blocks, *gaps})
        owed: list[Owed] = []
        for partner_id, tier, *sums in _partners(session, self._months, apart):
            tiers = self._tiers(
                self._called.get(tier or "", tier),
                moves.get(partner_id, ()),
                blocks.get(partner_id, ()),
            )
            unknown = self._unknown(gaps[partner_id]) if partner_id in gaps else self._uncovered
            known = dict(zip(self._months, map(Figures, sums[::2], sums[1::2]), strict=True))
            owed += [(partner_id, *each) for each in self.plan.shares(tiers, known, unknown)]
        return Page(last, apart, owed)

    def _tiers(
        self,
        now: str | None,
        moves: Sequence[TierMove],
        blocks: Iterable[tuple[date, date | None]],
    ) -> dict[Month, str | None]:
        """For which tier each month counts, of who has moved or was blocked."""
        return {
            month: None
            if is_blocked(month, blocks)
            else tier_of_month(month, now, [m for m in moves if m.day >= month.first_day])
            for month in self._months
        }

    def _unknown(self, gaps: Sequence[DayRange]) -> list[Month]:
        covered = self._coverage.without(gaps)
        return [month for month in self._months if not covered.covers_month(month)]


def _last_of(session: Session, ids: Range, size: int) -> str | None:
    """The last of the next partners of a range; None if there are none."""
    row = PartnerRow.partner_id
    query = select(row).where(row > ids.after)
    if ids.through is not None:
        query = query.where(row <= ids.through)
    full = session.scalar(query.order_by(row).offset(size - 1).limit(1))
    return full or session.scalar(query.order_by(row.desc()).limit(1))


def _partners(
    session: Session, months: Sequence[Month], who: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """These partners, each with completed orders and their value of each month."""
    row, totals = PartnerRow, [aliased(MonthlyTotalRow) for _ in months]
    query = select(row.partner_id, row.tier)
    for each, month in zip(totals, months, strict=True):
        on = (each.partner_id == row.partner_id) & (each.month == month.number)
        query = query.outerjoin(each, on).add_columns(
            func.coalesce(each.completed, 0), func.coalesce(each.value_cents, 0)
        )
    query = query.where(row.joined_on <= months[-1].last_day).order_by(row.partner_id)
    for start in range(0, len(who), _AT_ONCE):
        yield from session.execute(query.where(row.partner_id.in_(who[start : start + _AT_ONCE])))


def _moves(
    session: Session, ids: Range, since: Month, calendar: ProgramCalendar, called: Names
) -> Moves:
    """Changes of tier since a month began, by partner; those that only rename are left out."""
    row = TierChangeRow
    query = select(row.partner_id, row.changed_at, row.from_tier, row.to_tier).where(
        row.partner_id > ids.after,
        row.partner_id <= ids.through,
        row.changed_at >= calendar.start_of(since.first_day),
    )
    found: defaultdict[str, list[TierMove]] = defaultdict(list)
    for partner_id, at, old, new in session.execute(query.order_by(row.changed_at)):
        before, after = called.get(old or "", old), called.get(new or "", new)
        if before != after:
            found[partner_id].append(TierMove(calendar.day_of(at), before, after))
    return found


def _blocks(session: Session, ids: Range) -> Blocks:
    row = OverrideRow
    query = select(row.partner_id, row.from_day, row.until_day).where(
        row.partner_id > ids.after, row.partner_id <= ids.through, row.kind == Override.BLOCK
    )
    found: defaultdict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for partner_id, begins, ends in session.execute(query):
        found[partner_id].append((begins, ends))
    return found
