"""Accruing incentives into the ledger, and settling what accrued before: done twice, posts nothing.

What a period owes follows from its pinned terms and from the monthly totals as they stand. So a
correction is settled however late it comes, by the difference to what was posted.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.offers.incentives.incentives import Figures, Share, Span
from partners.domain.referrals.compensation import Balance
from partners.domain.time.calendar import Month
from partners.store.judging import facts, unknown_days
from partners.store.judging.window_sums import Range, driver_rows
from partners.store.offers.incentives.incentive_entries import NOTHING, Posted, Written
from partners.store.offers.incentives.incentive_figures import Owed
from partners.store.offers.incentives.incentive_plan import Names, terms_of
from partners.store.tables.incentive_tables import IncentiveAccrualRow
from partners.store.tables.referral_tables import LedgerRow

PAGE = 1000
"""Accruals that are settled together."""


def first_accruals(run_id: str, owed: Sequence[Owed], today: date) -> Written:
    """What partners have of periods of which nothing was written yet."""
    written = Written()
    for partner_id, share, terms in owed:
        written.owe(run_id, partner_id, share, terms, NOTHING, today)
    return written


def newest_accrued(session: Session, periods: Sequence[str], ids: Range) -> str:
    """The last partner of a range of whom it is written. Pages are stored whole and in order, so
    it goes on after them."""
    row = IncentiveAccrualRow
    query = select(func.max(row.partner_id)).where(
        row.period.in_(periods), row.partner_id > ids.after
    )
    if ids.through is not None:
        query = query.where(row.partner_id <= ids.through)
    return session.scalar(query) or ids.after


# ---- settling ----


class Key(NamedTuple):
    """Of an accrual, within its period."""

    partner_id: str
    tier: str


class Stored(NamedTuple):
    """An accrual with what its months add up to by now."""

    partner_id: str
    tier: str
    policy_version: int
    first_month: int
    last_month: int
    months: int
    orders: int | None
    completed: int
    value: int

    @property
    def span_months(self) -> tuple[Month, ...]:
        return months_of(self.first_month, self.months)


def months_of(first: int, mask: int) -> tuple[Month, ...]:
    """Which months of a period count for its tier, as an accrual has it."""
    month = Month.from_number(first)
    return tuple(month.plus(n) for n in range(3) if mask >> n & 1)


_STORED = """
SELECT a.partner_id, a.tier, a.policy_version, a.first_month, a.last_month, a.months, a.orders,
       CAST(COALESCE(SUM(t.completed), 0) AS BIGINT) AS completed,
       CAST(COALESCE(SUM(t.value_cents), 0) AS BIGINT) AS worth
FROM incentive_accruals a LEFT JOIN monthly_totals t
  ON t.partner_id = a.partner_id AND t.month BETWEEN a.first_month AND a.last_month
  AND ((a.months >> (t.month - a.first_month)) & 1) = 1
WHERE a.period = :period AND {which}
GROUP BY a.period, a.partner_id, a.tier
"""
_OUTDATED = _STORED.format(
    which="a.partner_id >= :who {until} AND (a.partner_id, a.tier) > (:who, :what)"
)
_OUTDATED += """
HAVING a.orders IS NULL OR a.payable_on <= :today
  OR a.orders <> COALESCE(SUM(t.completed), 0) OR a.value_cents <> COALESCE(SUM(t.value_cents), 0)
ORDER BY a.partner_id, a.tier LIMIT :size
"""


def outdated(
    session: Session,
    period: str,
    after: Key,
    through: str | None,
    today: date,
    *,
    made_now: bool = False,
) -> list[Key]:
    """The next accruals of a period that stand otherwise by now, or may: what was completed is
    not what it was, what is held is to be released, or what was not known may be.

    `made_now`: they were made a moment ago, so that their figures need no second look.
    """
    given: dict[str, object] = {
        "period": period,
        "who": after.partner_id,
        "what": after.tier,
        "today": today.isoformat(),
        "size": PAGE,
    }
    until = ""
    if through is not None:
        until, given["through"] = "AND a.partner_id <= :through", through
    query = _OPEN if made_now else _OUTDATED
    rows = driver_rows(session, query.format(until=until), given)
    return [Key(*row[:2]) for row in rows]


_OPEN = """
SELECT a.partner_id, a.tier FROM incentive_accruals a
WHERE a.period = :period AND a.partner_id >= :who {until} AND (a.partner_id, a.tier) > (:who, :what)
  AND (a.orders IS NULL OR a.payable_on <= :today)
ORDER BY a.partner_id, a.tier LIMIT :size
"""
"""As `_OUTDATED`, of accruals that were made a moment ago."""


def settlements(
    session: Session, run_id: str, span: Span, keys: Sequence[Key], called: Names, today: date
) -> Written:
    """What brings these accruals up to what is due by now. In the turn of the ledger."""
    wanted = set(keys)
    who = sorted({key.partner_id for key in keys})
    posted = _posted(session, span.name, who)
    gaps, covered = unknown_days.of_partners(session, who), facts.coverage(session)
    written = Written()
    for one in _stored(session, span.name, who):
        key = Key(one.partner_id, one.tier)
        terms = terms_of(session, one.policy_version, one.tier, called)
        if key not in wanted or terms is None or _is_unknown(one, covered, gaps):
            continue
        figures = Figures(one.completed, one.value)
        share = Share(one.tier, span, one.span_months, figures)
        written.owe(run_id, one.partner_id, share, terms, posted.get(key, NOTHING), today)
    return written


def _stored(session: Session, period: str, who: Sequence[str]) -> list[Stored]:
    given: dict[str, object] = {"period": period, "only": list(who)}
    which = "a.partner_id = ANY(:only)"
    if session.get_bind().dialect.name == "sqlite":
        given["only"] = json.dumps(given["only"])
        which = "a.partner_id IN (SELECT value FROM json_each(:only))"
    return [Stored(*row) for row in driver_rows(session, _STORED.format(which=which), given)]


def _is_unknown(one: Stored, covered: Coverage, gaps: Mapping[str, Sequence[DayRange]]) -> bool:
    """Whether an accrual goes on waiting: what was settled once is not unknown again."""
    if one.orders is not None:
        return False
    if one.partner_id in gaps:
        covered = covered.without(gaps[one.partner_id])
    return not all(covered.covers_month(month) for month in one.span_months)


def _posted(session: Session, period: str, who: Sequence[str]) -> Mapping[Key, Posted]:
    """What the ledger has of these partners for a period, by tier."""
    row = LedgerRow
    query = select(row.partner_id, row.tier, row.held, row.payable, row.paid).where(
        row.partner_id.in_(who), row.period == period
    )
    found: defaultdict[Key, Posted] = defaultdict(Posted)
    for partner_id, tier, held, payable, paid in session.execute(query):
        key = Key(partner_id, tier or "")
        sums, entries = found[key]
        found[key] = Posted(
            Balance(sums.held + held, sums.payable + payable, sums.paid + paid), entries + 1
        )
    return found


# ---- reading ----


@dataclass(frozen=True)
class Period:
    """What accrued for a partner and one period, and what it rests on."""

    row: IncentiveAccrualRow
    money: Balance


def of_partner(session: Session, partner_id: str, periods: Sequence[str]) -> Iterator[Period]:
    """A partner's accruals of these periods, the newest first."""
    row = IncentiveAccrualRow
    query = select(row).where(row.period.in_(periods), row.partner_id == partner_id)
    for one in session.scalars(query.order_by(row.last_month.desc(), row.period, row.tier)):
        posted = _posted(session, one.period, [partner_id])
        yield Period(one, posted.get(Key(partner_id, one.tier), NOTHING).money)


def has_accruals(session: Session) -> bool:
    """Whether anything ever accrued."""
    return session.scalar(select(IncentiveAccrualRow.period).limit(1)) is not None
