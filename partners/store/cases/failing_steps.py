"""Steps that fail again and again, for a person to look at."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from partners.store.tables.worker_tables import FailingStepRow

FORGOTTEN = timedelta(days=2)
"""A step is tried every few minutes; one that nobody has tried for so long has no workflow."""


def note(session: Session, row: FailingStepRow) -> None:
    """A step has failed once more."""
    old = FailingStepRow.last_at < row.last_at - FORGOTTEN
    session.execute(delete(FailingStepRow).where(old))
    session.merge(row)


def forget(session: Session, step: str) -> None:
    """The step has succeeded after all, or was refused."""
    session.execute(delete(FailingStepRow).where(FailingStepRow.step == step))


def failing(session: Session, now: datetime) -> list[FailingStepRow]:
    """Those that are still tried, the oldest first; `now`: real time."""
    row = FailingStepRow
    query = select(row).where(row.last_at >= now - FORGOTTEN).order_by(row.since, row.step)
    return list(session.scalars(query))
