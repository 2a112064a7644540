"""What is held because it would warn or remove too many, and a person's word (rule 13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from partners.domain.cases.commands import SignedCommand
from partners.loading import on_use
from partners.store.cases import cases, guard
from partners.store.cases.guard import NothingHeld
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.review_tables import ReviewRow
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.cases import case_commands
from partners.use_cases.copying import copied
from partners.use_cases.reviews.review_refusals import (
    NeitherReviewNorCase,
    ReviewDoesNotRun,
)

with on_use():
    from partners.temporal import running
    from workflows import grace_period
    from workflows import review as program_review


@dataclass(frozen=True)
class Held:
    """A review or a case that waits, and the partners it is about."""

    request_id: str
    asked_at: datetime
    partner_ids: list[str]
    detail: str


@dataclass(frozen=True)
class Answered:
    request_id: str
    answer: str  # of the workflow


class _Asked(NamedTuple):
    """Who hears the answer: a review's workflow, or a partner's case."""

    request_id: str
    review_workflow: str | None
    partner_id: str | None


def waiting(by: Viewer) -> Iterator[Held]:
    """The oldest first."""
    with by.database.read() as session:
        yield from (copied(Held, row) for row in guard.waiting(session))


async def answer(by: Manager, request: str, approved: bool, reason: str) -> Answered:
    """Let a review, or a case, go on in spite of the guard; or end it: a review starts no case, a
    case is voided. `request`: the id of either, or the partner of an open case."""
    with by.database.read() as session:
        asked = _asked(session, request)
    command = SignedCommand(by.name, reason)
    if asked.partner_id is not None:
        case = grace_period.GracePeriod
        update = case.resume if approved else case.void
        words = await case_commands.command_case(by, asked.partner_id, update, command)
    else:
        assert asked.review_workflow is not None
        words = await command_review(by, asked.review_workflow, approved, command)
    return Answered(asked.request_id, words)


async def command_review(
    by: Manager, workflow_id: str, approved: bool, command: SignedCommand
) -> str:
    """Give the review's workflow the answer; returns its own. Raises ReviewDoesNotRun."""
    review = program_review.ProgramReview
    update: Any = review.approve if approved else review.reject
    words = await running.command(await by.program.connect(), workflow_id, update, command)
    if words is None:
        raise ReviewDoesNotRun(workflow_id)
    return words


def _asked(session: Session, request: str) -> _Asked:
    """What waits under this id, or for this partner's open case."""
    row = guard.find(session, request)
    if row is None and (case := cases.open_case_of(session, request)) is not None:
        row = guard.find(session, case.case_id)
    if row is None:
        raise NothingHeld(request)
    guard.refuse_answered(row)
    review = session.get(ReviewRow, row.request_id)
    found = session.get(CaseRow, row.request_id)
    if review is None and found is None:
        raise NeitherReviewNorCase(row.request_id)
    return _Asked(
        row.request_id,
        review.claimed_by if review else None,
        found.partner_id if found else None,
    )
