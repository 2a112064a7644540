"""Closed cases whose data have changed since: they are to be judged anew, once (rule 19).

`marks.mark` marks them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.orm import Session

from partners.domain.cases.case import Outcome
from partners.domain.time.calendar import Month
from partners.store.tables.case_tables import CaseRow

JUDGED = (Outcome.REMOVED, Outcome.DEMOTED, Outcome.REINSTATED)
"""Other outcomes cost the partner nothing, whatever the numbers were."""
_A_DAY = timedelta(days=1)  # no zone is further from UTC


def touched(connection: Connection, months: Iterable[tuple[str, int]]) -> Collection[str]:
    """Months of partners (YYYYMM) have changed: cases that were closed in them or later."""
    oldest: dict[str, int] = {}
    for partner_id, month in months:
        oldest[partner_id] = min(month, oldest.get(partner_id, month))
    row = CaseRow
    closed = select(row.case_id, row.partner_id, row.closed_at).where(*_closed())
    return [
        case_id
        for case_id, partner_id, closed_at in connection.execute(closed)
        if closed_at and partner_id in oldest and oldest[partner_id] <= _month_of(closed_at)
    ]


def since(connection: Connection, day: date | None = None) -> Collection[str]:
    """The days from this one on are covered anew (None: all): cases that were closed since."""
    which = _closed()
    if day is not None:
        start = datetime.combine(day, time(), UTC) - _A_DAY
        which = (*which, CaseRow.closed_at >= start)
    return connection.scalars(select(CaseRow.case_id).where(*which)).all()


def _closed() -> tuple[ColumnElement[bool], ...]:
    row = CaseRow
    return row.closed_at.is_not(None), row.outcome.in_(JUDGED), row.recheck.is_(False)


def _month_of(closed_at: datetime) -> int:
    return Month.of((closed_at + _A_DAY).date()).number


def to_recheck(session: Session, since: datetime | None = None) -> Sequence[str]:
    """The cases to be judged anew, those closed first leading; `since`: only closed after that."""
    row = CaseRow
    query = select(row.case_id).where(row.recheck, row.outcome.in_(JUDGED))
    if since is not None:
        query = query.where(row.closed_at > since)
    return session.scalars(query.order_by(row.closed_at, row.case_id)).all()


def settled(session: Session, case_id: str) -> None:
    """A closed case was judged anew, and would have ended as it did."""
    session.execute(update(CaseRow).where(CaseRow.case_id == case_id).values(recheck=False))
