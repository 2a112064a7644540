"""Reviews that were run: their counts, and everybody whom one of them judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from activities.judging.corrections import closed_differently
from partners.domain.cases.case import CaseStatus
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.policy import Policy
from partners.domain.reviews.review import Action, ReviewKind, ReviewStatus
from partners.store.people.known_partner import names_of
from partners.store.policy import policies
from partners.store.reviews import reviews
from partners.store.tables.findings import from_json
from partners.store.tables.review_tables import ReviewRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied
from partners.use_cases.reviews.review_refusals import UnknownReview


@dataclass(frozen=True)
class Review:
    """One run over all partners for a period."""

    review_id: str
    kind: ReviewKind
    period: str
    as_of: date
    status: ReviewStatus
    detail: str | None
    claimed_by: str  # the workflow that has the period
    started_at: datetime
    counts: dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """A partner whom a review judged, and on which findings."""

    review_id: str
    partner_id: str
    tier: str
    verdict: Verdict
    action: Action
    findings: tuple[Finding, ...]
    name: str = ""  # the partner's; where only a few are shown


@dataclass(frozen=True)
class Results:
    """A review, the policy it judged by, and the first of those whom it judged."""

    review: Review
    policy: Policy
    judged: list[Judged]


@dataclass(frozen=True)
class Correction:
    """A closed case that would have ended otherwise on what is known now (rule 19)."""

    case_id: str
    tier: str
    closed_at: datetime | None
    outcome: str
    why: str


def newest(by: Viewer) -> Iterator[Review]:
    """The newest first, read as they are asked for."""
    with by.database.read() as session:
        for row in reviews.newest(session):
            yield copied(Review, row)


def known(by: Viewer, review_id: str) -> Review | None:
    """How a review stands; None if nobody has begun it."""
    with by.database.read() as session:
        row = session.get(ReviewRow, review_id)
        return copied(Review, row) if row is not None else None


def results(by: Viewer, review_id: str, verdict: Verdict | None, most: int) -> Results:
    """One review, and at most so many of those with that verdict. Raises UnknownReview."""
    review = _required(by, review_id)
    with by.database.read() as session:
        row = session.get_one(ReviewRow, review_id)
        policy = policies.load(session, row.policy_version)
    judged = list(_judged(by, review_id, verdict, most))
    with by.database.read() as session:
        names = names_of(session, [one.partner_id for one in judged])
    named = [replace(one, name=names.get(one.partner_id, "")) for one in judged]
    return Results(review, policy, named)


def every_result(by: Viewer, review_id: str, verdict: Verdict | None) -> Iterator[Judged]:
    """Everybody with that verdict, read as they are asked for. Raises UnknownReview at once."""
    _required(by, review_id)
    return _judged(by, review_id, verdict, None)


def corrections(by: Viewer) -> Iterator[Correction]:
    """The oldest first; every closed case is judged anew, while they are asked for."""
    with by.program.progress("judging closed cases", None) as step:
        for case, why in closed_differently(by.database, by.now(), step):
            outcome = case.outcome or CaseStatus.CLOSED
            yield copied(Correction, case, outcome=outcome, why=why)


def _required(by: Viewer, review_id: str) -> Review:
    review = known(by, review_id)
    if review is None:
        raise UnknownReview(review_id)
    return review


def _judged(
    by: Viewer, review_id: str, verdict: Verdict | None, most: int | None
) -> Iterator[Judged]:
    with by.database.read() as session:
        for row in reviews.assessments(session, review_id, verdict, most):
            yield copied(Judged, row, findings=from_json(row.findings), name="")
