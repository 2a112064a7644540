"""What holder, others and staff are to be told of an exclusive; once per key, until it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from partners.domain.exclusives.exclusive_term import NewsEvent
from partners.store.tables.exclusive_tables import ExclusiveNewsRow, ExclusiveRow


def add(
    session: Session,
    row: ExclusiveRow,
    event: NewsEvent,
    key: str,
    at: datetime,
    *,
    partner_id: str | None,
    month: int | None = None,
    attempt: int = 1,
) -> bool:
    """Note news, unless that key was noted before; whether it is new. The exclusive is locked.

    `partner_id`: who is told, None for staff. `key`: what follows `exclusive/<id>/`.
    """
    key = f"exclusive/{row.exclusive_id}/{key}"
    if of_key(session, key) is not None:
        return False
    session.add(
        ExclusiveNewsRow(
            key=key,
            exclusive_id=row.exclusive_id,
            partner_id=partner_id,
            event=event,
            month=month,
            attempt=attempt,
            at=at,
        )
    )
    session.flush()
    return True


def add_others(
    session: Session, row: ExclusiveRow, partner_ids: Sequence[str], at: datetime
) -> None:
    """Note that these lose something; all at once, before anything of it was noted. The exclusive
    is locked."""
    values = [
        {
            "key": f"exclusive/{row.exclusive_id}/other/{partner_id}",
            "exclusive_id": row.exclusive_id,
            "partner_id": partner_id,
            "event": NewsEvent.OTHER,
            "attempt": 1,
            "at": at,
        }
        for partner_id in partner_ids
    ]
    if values:
        session.execute(insert(ExclusiveNewsRow), values)


def of_key(session: Session, key: str) -> ExclusiveNewsRow | None:
    return session.scalar(select(ExclusiveNewsRow).where(ExclusiveNewsRow.key == key))


def of_message(session: Session, key: str) -> ExclusiveNewsRow | None:
    """The news that a message tells, by the message's key: that of a warning ends with the number
    of the attempt."""
    stem, _, attempt = key.rpartition("/")
    first = of_key(session, f"{stem}/1") if attempt.isdecimal() else None
    return of_key(session, key) or first


def events(session: Session, exclusive_id: str) -> set[NewsEvent]:
    """What was ever noted of an exclusive."""
    row = ExclusiveNewsRow
    return set(
        session.scalars(select(row.event).where(row.exclusive_id == exclusive_id).distinct())
    )


def untold(session: Session, exclusive_id: str, limit: int) -> Sequence[ExclusiveNewsRow]:
    """What is yet to be told, the oldest first; at most so many."""
    row = ExclusiveNewsRow
    query = select(row).where(row.exclusive_id == exclusive_id, row.told_at.is_(None))
    return session.scalars(query.order_by(row.news_id).limit(limit)).all()


def number_of(session: Session, exclusive_id: str, event: NewsEvent) -> int:
    """How much of that kind was noted."""
    row = ExclusiveNewsRow
    query = select(func.count()).where(row.exclusive_id == exclusive_id, row.event == event)
    return session.scalar(query) or 0


def newest(session: Session, exclusive_id: str, event: NewsEvent) -> ExclusiveNewsRow | None:
    row = ExclusiveNewsRow
    query = select(row).where(row.exclusive_id == exclusive_id, row.event == event)
    return session.scalars(query.order_by(row.news_id.desc()).limit(1)).first()


def told(row: ExclusiveNewsRow, result: str, at: datetime) -> None:
    if row.told_at is None:
        row.told_at, row.result = at, result
