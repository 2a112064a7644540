"""Complaints about partners: recorded, counted, settled, withdrawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from partners.domain.responses.response import Severity
from partners.domain.time.calendar import Month
from partners.errors import Refusal, UserError
from partners.store.tables.response_tables import ComplaintRow

ByMonth = dict[Month, int]


@dataclass(eq=False)
class UnknownComplaint(Refusal):
    """No complaint has this number."""

    says = "there is no complaint {number}"

    number: int


def by_month_of_range(
    session: Session, first: str, last: str, months: tuple[Month, Month]
) -> dict[str, ByMonth]:
    """How many complaints each partner from one id through another had, by month."""
    return _by_month(session, ComplaintRow.partner_id.between(first, last), months)


def by_month_of(
    session: Session, partner_ids: Sequence[str], months: tuple[Month, Month]
) -> dict[str, ByMonth]:
    """How many complaints each of these partners had, by month."""
    return _by_month(session, ComplaintRow.partner_id.in_(partner_ids), months)


def _by_month(
    session: Session, whose: ColumnElement[bool], months: tuple[Month, Month]
) -> dict[str, ByMonth]:
    """Complaints are few: their days are read, and counted here."""
    row = ComplaintRow
    query = select(row.partner_id, row.received_on).where(
        whose,
        row.received_on.between(months[0].first_day, months[1].last_day),
        row.withdrawn_at.is_(None),
    )
    found: defaultdict[str, ByMonth] = defaultdict(dict)
    for partner_id, day in session.execute(query):
        counts, month = found[partner_id], Month.of(day)
        counts[month] = counts.get(month, 0) + 1
    return found


def between(session: Session, partner_id: str, first: date, last: date) -> int:
    """How many complaints a partner had over days, both included."""
    row = ComplaintRow
    query = select(func.count()).where(
        row.partner_id == partner_id,
        row.received_on.between(first, last),
        row.withdrawn_at.is_(None),
    )
    return session.scalar(query) or 0


def between_of(
    session: Session, partner_ids: Sequence[str], first: date, last: date
) -> dict[str, int]:
    """As `between`, of several partners; those who had none are left out."""
    row = ComplaintRow
    query = select(row.partner_id, func.count()).where(
        row.partner_id.in_(partner_ids),
        row.received_on.between(first, last),
        row.withdrawn_at.is_(None),
    )
    found = session.execute(query.group_by(row.partner_id))
    return {partner_id: number for partner_id, number in found}  # noqa: C416


def add(
    session: Session,
    partner_id: str,
    severity: Severity,
    text: str,
    *,
    received_on: date,
    order_id: str | None,
    now: datetime,
    who: str,
) -> ComplaintRow:
    row = ComplaintRow(
        partner_id=partner_id,
        severity=severity,
        text=text,
        order_id=order_id,
        received_on=received_on,
        recorded_at=now,
        who=who,
    )
    session.add(row)
    session.flush()
    return row


def standing(session: Session, number: int) -> ComplaintRow:
    """A complaint that counts, locked. Raises UserError if it does not, or is not known."""
    row = session.get(ComplaintRow, number, with_for_update=True)
    if row is None:
        raise UnknownComplaint(number)
    if row.withdrawn_at is not None:
        raise UserError(
            f"complaint {number} was withdrawn on {row.withdrawn_at:%Y-%m-%d} by "
            f"{row.withdrawn_by}: {row.withdrawn_why}"
        )
    return row


def withdraw(session: Session, number: int, *, who: str, why: str, now: datetime) -> ComplaintRow:
    """From now on it does not count. Raises UserError as `standing`."""
    row = standing(session, number)
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_why = now, who, why
    return row


def settle(session: Session, number: int, *, who: str, how: str, now: datetime) -> ComplaintRow:
    """A person has dealt with a serious complaint; it goes on counting.

    Raises UserError as `standing`, for a minor one, and for one that is settled.
    """
    row = standing(session, number)
    if row.severity != Severity.SERIOUS:
        raise UserError(f"complaint {number} is minor: it only counts, and waits for nobody")
    if row.settled_at is not None:
        raise UserError(
            f"complaint {number} was settled on {row.settled_at:%Y-%m-%d} by {row.settled_by}: "
            f"{row.settled_how}"
        )
    row.settled_at, row.settled_by, row.settled_how = now, who, how
    return row


def waiting(session: Session) -> Sequence[ComplaintRow]:
    """Serious complaints that wait for a person, oldest first."""
    row = ComplaintRow
    query = select(row).where(
        row.severity == Severity.SERIOUS, row.settled_at.is_(None), row.withdrawn_at.is_(None)
    )
    return session.scalars(query.order_by(row.complaint_id)).all()


def listed(session: Session, partner_id: str | None) -> Iterator[ComplaintRow]:
    """Every complaint about a partner, or about anybody; newest first, read as they are asked
    for."""
    query = select(ComplaintRow).order_by(
        ComplaintRow.received_on.desc(), ComplaintRow.complaint_id.desc()
    )
    if partner_id is not None:
        query = query.where(ComplaintRow.partner_id == partner_id)
    yield from session.scalars(query.execution_options(yield_per=500))
