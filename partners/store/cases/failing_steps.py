"""Steps that fail again and again, for a person to look at."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from partners.store.tables.program_tables import FailingStepRow

FORGOTTEN = timedelta(days=2)
"""A step is tried every few minutes; one that nobody has tried for so long has no workflow."""


NO_END = "no end"
"""In the place of an error: the attempt timed out, or its worker died, and no log says why."""


def begins(session: Session, row: FailingStepRow) -> None:
    """A step is tried once more; if the attempt before has said nothing of its end, it failed."""
    known = session.get(FailingStepRow, row.step)
    if known is not None:
        row.error = known.error or NO_END
    note(session, row)


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
    known = row.last_at >= now - FORGOTTEN, row.error != ""  # it may be its first late attempt
    query = select(row).where(*known).order_by(row.since, row.step)
    return list(session.scalars(query))
