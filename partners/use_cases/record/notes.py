"""What a person writes down about a partner, dated and signed."""

from __future__ import annotations

from dataclasses import dataclass

from partners.domain.record.note_types import NoteType
from partners.errors import Refusal
from partners.store.judging import appraisals
from partners.store.people.known_partner import known_partner
from partners.use_cases.acting import Manager


@dataclass(eq=False)
class BlankNote(Refusal):
    """A note says something, and who wrote it."""

    says = "say what and who"


def write_note(by: Manager, partner_id: str, text: str, type_: NoteType) -> None:
    """Write a note about a partner, who does not see it."""
    if not text.strip() or not by.name.strip():
        raise BlankNote
    with by.database.write() as session:
        known_partner(session, partner_id)
        appraisals.note(session, partner_id, text.strip(), who=by.name, at=by.now(), type=type_)
