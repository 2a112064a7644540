"""What is known of partners, gathered from the tables for the domain to judge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, literal, select
from sqlalchemy.orm import Session

from partners.domain.judging.assessment import MonthlyFacts, TrailingFacts
from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.policy.metrics import COMPLAINTS, TOTAL_NAMES, FedValue, Totals
from partners.domain.policy.policy import Criterion, Policy
from partners.domain.time.calendar import Month
from partners.store.judging import unknown_days
from partners.store.judging.totals import trailing_totals
from partners.store.responses import complaints
from partners.store.tables.base import ask
from partners.store.tables.feed_tables import (
    CoverageRow,
    FedMetricRow,
    MonthlyTotalRow,
    UnknownDaysRow,
)
from partners.store.tables.program_tables import PartnerRow

_PAGE = 1000
"""Partners per query: larger pages read no faster (research: performance)."""

_COVERAGE = "coverage"
"""Under this name a session keeps what it has read: each asks several times in a decision."""

# Built once, for its many columns; every judgement of one partner asks. A partner without orders
# in these months has one row, whose month is None.
_PARTNERS_MONTHS = (
    select(
        PartnerRow.partner_id,
        PartnerRow.joined_on,
        MonthlyTotalRow.month,
        *(getattr(MonthlyTotalRow, name) for name in TOTAL_NAMES),
    )
    .outerjoin(
        MonthlyTotalRow,
        and_(
            MonthlyTotalRow.partner_id == PartnerRow.partner_id,
            MonthlyTotalRow.month.between(bindparam("first"), bindparam("last")),
        ),
    )
    .where(PartnerRow.partner_id.in_(bindparam("ids", expanding=True)))
)

_COVERED = select(CoverageRow.first_day, CoverageRow.last_day, literal(True)).union_all(
    select(UnknownDaysRow.first_day, UnknownDaysRow.last_day, literal(False)).where(
        UnknownDaysRow.partner_id == unknown_days.EVERYBODY
    )
)

FedMonths = dict[tuple[str, Month], FedValue]


def coverage(session: Session) -> Coverage:
    """The days that the order feed covers (rule 3), read once in a transaction.

    Not those of a rejected row that may be anybody's.
    """
    if _COVERAGE not in session.info:
        rows = ask(session, _COVERED).all()
        covered, lost = (
            [DayRange(first, last) for first, last, is_covered in rows if is_covered == wanted]
            for wanted in (True, False)
        )
        session.info[_COVERAGE] = Coverage.of(covered).without(lost)
    known: Coverage = session.info[_COVERAGE]
    return known


def coverage_of(session: Session, partner_id: str) -> Coverage:
    """The days of which everything is known about one partner."""
    gaps = unknown_days.of_partners(session, [partner_id])
    return coverage(session).without(gaps.get(partner_id, ()))


def longest_window(policy: Policy) -> int:
    """The months of the longest window of any criterion of the policy; at least 1."""
    return max((c.window_months for c in _criteria(policy)), default=1)


def _criteria(policy: Policy) -> Iterator[Criterion]:
    for table in chain.from_iterable((t.enter, t.keep_standards) for t in policy.tiers):
        yield from table.values()


def monthly_facts(
    session: Session,
    partner_ids: Sequence[str],
    policy: Policy,
    last: Month,
    since_by_partner: Mapping[str, date | None],
) -> dict[str, MonthlyFacts]:
    """The facts of each known partner in the months that the policy's longest window needs.

    `last` is the newest month judged; `since_by_partner`: see `MonthlyFacts.since`, None or absent
    for no limit. Unknown partners are absent from the result.
    """
    first = last.plus(1 - longest_window(policy))
    known = coverage(session)
    counts_complaints = any(c.metric == COMPLAINTS for c in _criteria(policy))
    facts = {}
    for page in _pages(partner_ids):
        joined, totals = _totals(session, page, first, last)
        fed = _fed(session, page, policy, first, last)
        gaps = unknown_days.of_partners(session, page)
        received = complaints.by_month_of(session, page, (first, last)) if counts_complaints else {}
        for partner_id, joined_on in joined.items():
            facts[partner_id] = MonthlyFacts(
                joined_on=joined_on,
                totals=totals[partner_id],
                fed=fed.get(partner_id, {}),
                coverage=known.without(gaps[partner_id]) if partner_id in gaps else known,
                since=since_by_partner.get(partner_id),
                complaints=received.get(partner_id, {}),
            )
    return facts


def trailing_facts(
    session: Session, partner_id: str, policy: Policy, zone: ZoneInfo, fed_after: date
) -> TrailingFacts:
    """The partner's facts over trailing days; valid while the session is open.

    Of monthly-fed metrics, those of months whose last day is after `fed_after` (rule 4).
    """
    fed = _fed(session, [partner_id], policy, Month.of(fed_after), None).get(partner_id, {})
    return TrailingFacts(
        totals_between=lambda first, last: trailing_totals(session, partner_id, first, last, zone),
        coverage=coverage_of(session, partner_id),
        fed={key: value for key, value in fed.items() if key[1].last_day > fed_after},
        complaints_between=lambda first, last: complaints.between(session, partner_id, first, last),
    )


def fed_of(
    session: Session, partner_ids: Sequence[str], policy: Policy, first: Month
) -> dict[str, FedMonths]:
    """What the user feeds of several partners, from the month `first` on."""
    return _fed(session, partner_ids, policy, first, None)


def _pages(partner_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(partner_ids), _PAGE):
        yield partner_ids[start : start + _PAGE]


def _totals(
    session: Session, partner_ids: Sequence[str], first: Month, last: Month
) -> tuple[dict[str, date], dict[str, dict[Month, Totals]]]:
    """When each known partner joined, and their months with orders."""
    asked = {"ids": partner_ids, "first": first.number, "last": last.number}
    joined: dict[str, date] = {}
    found: dict[str, dict[Month, Totals]] = defaultdict(dict)
    for partner_id, joined_on, month, *sums in ask(session, _PARTNERS_MONTHS, asked):
        joined[partner_id] = joined_on
        if month is not None:
            found[partner_id][Month.from_number(month)] = Totals(*sums)
    return joined, found


def _fed(
    session: Session, partner_ids: Sequence[str], policy: Policy, first: Month, last: Month | None
) -> dict[str, FedMonths]:
    """Fed values by partner, from `first` through `last` (None: to the newest)."""
    if not policy.metrics:
        return {}
    row = FedMetricRow
    query = select(row.partner_id, row.metric, row.month, row.value, row.sample).where(
        row.partner_id.in_(partner_ids),
        row.metric.in_(list(policy.metrics)),
        row.month >= first.number,
    )
    if last is not None:
        query = query.where(row.month <= last.number)
    found: dict[str, FedMonths] = defaultdict(dict)
    for partner_id, metric, month, value, sample in session.execute(query):
        found[partner_id][metric, Month.from_number(month)] = FedValue(value, sample)
    return found
