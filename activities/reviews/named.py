"""Whom a review did something about, by id, for its timeline."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from partners.domain.reviews.review import Action
from partners.store.reviews import reviews
from partners.store.tables.review_tables import ReviewRow

NAMED = 50
"""Partners of a kind whom the timeline names; `partners reviews REVIEW` lists all."""


def whom_it_named(session: Session, row: ReviewRow) -> dict[str, Any]:
    """The first of those about whom it did anything besides starting a case."""
    review_id = row.review_id
    return {
        "checked_in": tuple(reviews.to_act_on(session, review_id, Action.CHECK_IN, limit=NAMED)),
        "promoted": tuple(reviews.candidates_of(session, review_id, waiting=False, limit=NAMED)),
        "proposed": tuple(reviews.candidates_of(session, review_id, waiting=True, limit=NAMED)),
    }
