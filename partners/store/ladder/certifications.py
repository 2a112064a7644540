"""Steps of tracks that stand for a quality, of many partners at once."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from partners.store.tables.track_tables import TrackStepRow


def certified(session: Session, first: str, last: str, day: date) -> dict[str, dict[str, date]]:
    """By partner of a range: the qualities that a confirmed step certifies on that day, each with
    the newest day on which one was done. On the day on which it expires it still counts."""
    row = TrackStepRow
    query = select(row.partner_id, row.certifies, func.max(row.done_on)).where(
        row.partner_id.between(first, last),
        row.certifies.is_not(None),
        row.done_on <= day,
        or_(row.expires_on.is_(None), row.expires_on >= day),
    )
    found: dict[str, dict[str, date]] = {}
    rows = session.execute(query.group_by(row.partner_id, row.certifies))
    for partner_id, quality, done_on in rows:
        if quality is not None and done_on is not None:  # as was asked for
            found.setdefault(partner_id, {})[quality] = done_on
    return found
