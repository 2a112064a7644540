"""What a note about a partner is about."""

from __future__ import annotations

from enum import StrEnum


class NoteType(StrEnum):
    GENERAL = "general"
    CALL = "call"
    MEETING = "meeting"
    PERFORMANCE_REVIEW = "performance_review"
    AGREEMENT = "agreement"  # what was agreed with the partner
    DISPUTE = "dispute"
    OUTCOME = "outcome"  # how a case ended; workflows write these
    PROMOTION = "promotion"  # workflows write these, too

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


BY_PEOPLE = tuple(t for t in NoteType if t not in (NoteType.OUTCOME, NoteType.PROMOTION))
"""The types that a person may write."""
