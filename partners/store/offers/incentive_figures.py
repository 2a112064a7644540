"""What an accrual reads: partners in pages, with their months; and what decides whose they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.offers.incentives import (
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
from partners.store.judging.window_sums import Range, driver_rows
from partners.store.offers.incentive_plan import Names, names, plan_of
from partners.store.tables.case_tables import OverrideRow, TierChangeRow

PAGE = 2000
"""Partners a page."""

Owed = tuple[str, Share, Terms]
"""Whose, what of the period is theirs, and by which terms it is paid."""
Blocks = Mapping[str, list[tuple[date, date | None]]]
Moves = Mapping[str, list[TierMove]]


@dataclass(frozen=True)
class Page:
    """What the partners of a page have of the periods; `last_id`: the last that was looked at."""

    last_id: str
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

    def next_page(self, session: Session, ids: Range, size: int = PAGE) -> Page | None:
        """The next partners of a range; None after the last, and where nothing is paid."""
        if not self._months:
            return None
        rows = _partners(session, self._months, self.plan.month.last_day, ids, size)
        if not rows:
            return None
        first, last = rows[0][0], rows[-1][0]
        moves = _moves(session, first, last, self._months[0], self._calendar, self._called)
        blocks = _blocks(session, first, last)
        gaps = unknown_days.of_range(session, first, last)
        owed: list[Owed] = []
        for partner_id, tier, *sums in rows:
            now = self._called.get(tier, tier)
            if partner_id in moves or partner_id in blocks:
                tiers = self._tiers(now, moves.get(partner_id, ()), blocks.get(partner_id, ()))
            elif now in self.plan.by_tier:
                tiers = dict.fromkeys(self._months, now)
            else:
                continue
            unknown = self._unknown(gaps[partner_id]) if partner_id in gaps else self._uncovered
            known = dict(zip(self._months, map(Figures, sums[::2], sums[1::2]), strict=True))
            owed += [(partner_id, *each) for each in self.plan.shares(tiers, known, unknown)]
        return Page(last, owed)

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


def _partners(
    session: Session, months: Sequence[Month], joined: date, ids: Range, size: int
) -> list[tuple[Any, ...]]:
    """Partners by id, each with completed orders and their value of each month."""
    joins = "".join(
        f" LEFT JOIN monthly_totals m{n} ON m{n}.partner_id = p.partner_id "
        f"AND m{n}.month = {month.number}"
        for n, month in enumerate(months)
    )
    sums = "".join(
        f", COALESCE(m{n}.completed, 0), COALESCE(m{n}.value_cents, 0)" for n in range(len(months))
    )
    until = "" if ids.through is None else "AND p.partner_id <= :through "
    given = {"after": ids.after, "joined": joined.isoformat(), "size": size}
    if ids.through is not None:
        given["through"] = ids.through
    return driver_rows(
        session,
        f"SELECT p.partner_id, p.tier{sums} FROM partners p{joins} "
        f"WHERE p.partner_id > :after {until}AND p.joined_on <= :joined "
        "ORDER BY p.partner_id LIMIT :size",
        given,
    )


def _moves(
    session: Session, first: str, last: str, since: Month, calendar: ProgramCalendar, called: Names
) -> Moves:
    """Changes of tier since a month began, by partner; those that only rename are left out."""
    row = TierChangeRow
    query = select(row.partner_id, row.changed_at, row.from_tier, row.to_tier).where(
        row.partner_id.between(first, last),
        row.changed_at >= calendar.start_of(since.first_day),
    )
    found: defaultdict[str, list[TierMove]] = defaultdict(list)
    for partner_id, at, before, after in session.execute(query.order_by(row.changed_at)):
        before, after = called.get(before, before), called.get(after, after)
        if before != after:
            found[partner_id].append(TierMove(calendar.day_of(at), before, after))
    return found


def _blocks(session: Session, first: str, last: str) -> Blocks:
    row = OverrideRow
    query = select(row.partner_id, row.from_day, row.until_day).where(
        row.partner_id.between(first, last), row.kind == Override.BLOCK
    )
    found: defaultdict[str, list[tuple[date, date | None]]] = defaultdict(list)
    for partner_id, begins, ends in session.execute(query):
        found[partner_id].append((begins, ends))
    return found
