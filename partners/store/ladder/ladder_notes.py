"""What promotions write down about partners."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from partners.domain.record.note_types import NoteType
from partners.store.judging.appraisals import note
from partners.store.tables.review_tables import CandidateRow


def note_promotion(session: Session, row: CandidateRow, now: datetime) -> None:
    """Write a promotion down, once. Who was added by hand has the note of the person who did it."""
    if row.review_id is None:
        return
    note(
        session,
        row.partner_id,
        f"Moved from {row.from_tier or 'no tier'} to {row.to_tier}: {row.reason}",
        who=row.who or "",
        at=now,
        type=NoteType.PROMOTION,
        key=f"candidate/{row.candidate_id}",
    )
