"""Partners in keyset pages, each with the sums that its windows need: what a review reads.

Two range scans a page, of the partners and of their monthly totals, so that the cost grows with
partners and months, not with orders.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from partners.domain.judging.windows import SummedFacts, Windows
from partners.domain.policy.metrics import FedValue
from partners.domain.time.calendar import Month
from partners.store.responses import complaints
from partners.store.tables.feed_tables import FedMetricRow
from partners.store.tables.program_tables import PartnerRow

PAGE = 1000
"""Partners per page: on PostgreSQL 5,000 doubled the time to read (research: performance)."""

FedMonths = dict[tuple[str, Month], FedValue]


class Enrolled(NamedTuple):
    """What a review needs of a partner's row; the names and addresses stay where they are."""

    partner_id: str
    tier: str | None
    joined_on: date
    tier_since: date | None
    left_on: date | None


@dataclass(frozen=True, slots=True)
class Range:
    """Partners after one id, through another (None: to the last), in the database's order."""

    after: str = ""
    through: str | None = None


def partners_page(
    session: Session, ids: Range, limit: int | None = None, *, everybody: bool = False
) -> list[Enrolled]:
    """The next partners of a range who are in a tier; `everybody`: those in none too.

    `limit`: at most so many; default PAGE.
    """
    row = PartnerRow
    query = select(row.partner_id, row.tier, row.joined_on, row.tier_since, row.left_on)
    query = query.where(row.partner_id > ids.after).order_by(row.partner_id).limit(limit or PAGE)
    if ids.through is not None:
        query = query.where(row.partner_id <= ids.through)
    if not everybody:
        query = query.where(row.tier.is_not(None))
    return [Enrolled._make(columns) for columns in session.execute(query)]


def all_pages(session: Session) -> Iterator[list[Enrolled]]:
    """Everybody in a tier, by id, a page at a time."""
    ids = Range()
    while page := partners_page(session, ids):
        yield page
        ids = Range(page[-1].partner_id)


def count_enrolled(session: Session) -> int:
    """How many partners are in a tier."""
    query = select(func.count()).select_from(PartnerRow).where(PartnerRow.tier.is_not(None))
    return session.scalar(query) or 0


def named_partners(session: Session, partner_ids: Collection[str]) -> list[Enrolled]:
    """These partners, in a tier or not, by id; unknown ones are left out."""
    row = PartnerRow
    query = select(row.partner_id, row.tier, row.joined_on, row.tier_since, row.left_on)
    query = query.where(row.partner_id.in_(partner_ids)).order_by(row.partner_id)
    return [Enrolled._make(columns) for columns in session.execute(query)]


def summed_facts(
    session: Session, page: Sequence[Enrolled], windows: Windows, *, scattered: bool = False
) -> dict[str, SummedFacts]:
    """The facts of every partner of a page, which is sorted by id as `partners_page` gives it.

    `scattered`: they are few among those between the first and the last; orders are summed for
    them alone.
    """
    first, last = page[0].partner_id, page[-1].partner_id
    only = [p.partner_id for p in page] if scattered else []
    sums = _sums(session, first, last, only, windows)
    fed = _fed(session, first, last, windows)
    received = (
        complaints.by_month_of_range(session, first, last, (windows.first, windows.last))
        if windows.complaints
        else {}
    )
    none = (0,) * (len(windows.sums) + 1)
    return {
        p.partner_id: SummedFacts(
            p.joined_on,
            sums.get(p.partner_id, none),
            fed.get(p.partner_id, {}),
            received.get(p.partner_id, {}),
        )
        for p in page
    }


def _sums(
    session: Session, first: str, last: str, only: Sequence[str], windows: Windows
) -> dict[str, tuple[int, ...]]:
    """By partner, as `SummedFacts` wants them; who had no order in those months is left out.

    `only`: of these partners; none: of all from the first to the last.
    """
    if not windows.sums or not windows.counted:
        return {}
    months = windows.counted
    within = (
        f"month BETWEEN {months[0].number} AND {months[-1].number}"
        if _in_a_row(months)
        else f"month IN ({', '.join(str(m.number) for m in months)})"
    )
    # CAST: PostgreSQL adds bigints up to a numeric.
    columns = ", ".join(
        f"CAST(COALESCE(SUM({s.column}){_only(s.first, s.last, months)}, 0) AS BIGINT)"
        for s in windows.sums
    )
    who, given = _who(session, first, last, only)
    rows = driver_rows(
        session,
        f"SELECT {columns}, 0, partner_id FROM monthly_totals "
        f"WHERE {who} AND {within} GROUP BY partner_id",
        given,
    )
    return {row[-1]: row for row in rows}


def _who(
    session: Session, first: str, last: str, only: Sequence[str]
) -> tuple[str, dict[str, object]]:
    """The condition for the partners whose totals are read, and what it is given."""
    if not only:
        return "partner_id >= :first AND partner_id <= :last", {"first": first, "last": last}
    if session.get_bind().dialect.name == "sqlite":
        return "partner_id IN (SELECT value FROM json_each(:only))", {"only": json.dumps(only)}
    return "partner_id = ANY(:only)", {"only": only}


def driver_rows(session: Session, query: str, given: dict[str, object]) -> list[tuple[Any, ...]]:
    """Rows as the driver's own tuples: three times as quick as rows that know their columns."""
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        for name in given:
            query = query.replace(f":{name}", f"%({name})s")
    cursor = connection.connection.cursor()
    try:
        cursor.execute(query, given)
        return list(cursor.fetchall())
    finally:
        cursor.close()


def _in_a_row(months: Sequence[Month]) -> bool:
    return months[-1] == months[0].plus(len(months) - 1)


def _only(first: Month, last: Month, months: Sequence[Month]) -> str:
    """The months of one sum; nothing where those are all that the query reads."""
    if first <= months[0] and last >= months[-1]:
        return ""
    return f" FILTER (WHERE month BETWEEN {first.number} AND {last.number})"


def _fed(session: Session, first: str, last: str, windows: Windows) -> dict[str, FedMonths]:
    """Values that the user feeds, by partner; empty where no criterion asks for one."""
    if not windows.fed:
        return {}
    row = FedMetricRow
    query = select(row.partner_id, row.metric, row.month, row.value, row.sample).where(
        row.partner_id.between(first, last),
        row.metric.in_(windows.fed),
        row.month.between(windows.first.number, windows.last.number),
    )
    found: dict[str, FedMonths] = defaultdict(dict)
    for partner_id, metric, month, value, sample in session.execute(query):
        found[partner_id][metric, Month.from_number(month)] = FedValue(value, sample)
    return found


def ranges(session: Session, most: int, size: int) -> list[Range]:
    """Split the partners into at most `most` ranges of at least `size`, for as many workers."""
    query = text(
        "SELECT partner_id FROM (SELECT partner_id, ROW_NUMBER() OVER (ORDER BY partner_id) AS n, "
        "COUNT(*) OVER () AS total FROM partners) numbered "
        "WHERE n = total OR n % :step = 0 ORDER BY n"
    )
    total = session.scalar(text("SELECT COUNT(*) FROM partners")) or 0
    pieces = max(1, min(most, total // size))
    step = -(-total // pieces) if total else 1
    ends = list(session.scalars(query, {"step": step}))[: pieces - 1]
    return [
        Range(after, through) for after, through in zip(["", *ends], [*ends, None], strict=True)
    ]
