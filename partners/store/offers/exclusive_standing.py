"""How an exclusive stands, and since when: the one way in which it comes to stand otherwise."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from partners.domain.offers.exclusive import ExclusiveStatus
from partners.store.offers.holding import exclusive_places
from partners.store.tables.exclusive_tables import ExclusiveRow, ExclusiveStateRow


def stand(
    session: Session,
    row: ExclusiveRow,
    status: ExclusiveStatus,
    at: datetime,
    who: str,
    reason: str,
) -> None:
    """Let an exclusive stand so from a moment on; its history keeps who said so, and why.

    What holds no place any more frees it for others (rule 22).
    """
    row.status = status
    row.revision += 1
    if not status.holds_place:
        exclusive_places.free(session, row.exclusive_id)
    state = ExclusiveStateRow(
        exclusive_id=row.exclusive_id, at=at, status=status, who=who, reason=reason
    )
    session.add(state)
    session.flush()
