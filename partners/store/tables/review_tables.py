"""The tables of reviews, promotions, appraisals and approvals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.cases.case import Permission
from partners.domain.judging.aside import During
from partners.domain.judging.assessment import Verdict
from partners.domain.ladder.ladder import CandidateState
from partners.domain.record.note_types import NoteType
from partners.domain.reviews.review import Action, ReviewKind, ReviewStatus
from partners.store.tables.base import Base, PartnerId, Word


class ReviewRow(Base):
    """One run over all partners for a period. The row claims the period (rule 9)."""

    __tablename__ = "reviews"

    review_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """`<kind>/<period>`, e.g. `monthly/2026-10`, `daily/2026-11-22`, `quarterly/2026-Q3`."""
    kind: Mapped[ReviewKind] = mapped_column(Word(ReviewKind))
    """daily, monthly or quarterly; see `domain.reviews.review.ReviewKind`."""
    period: Mapped[str] = mapped_column(String(16))
    month: Mapped[int]
    """The newest whole month judged, YYYYMM."""
    as_of: Mapped[date]
    """The program's day of the review."""
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    status: Mapped[ReviewStatus] = mapped_column(Word(ReviewStatus))
    """running, waiting (for approval by the guard), done or refused."""
    detail: Mapped[str | None]
    """Why it was refused, or what it waits for."""
    claimed_by: Mapped[str]
    """The workflow id of the run that claimed the period."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]]
    """judged, passing, below, insufficient, opened, signalled, promoted, candidates, held …"""


class ReviewAssessmentRow(Base):
    """One partner judged in one review; once per review (rule 9)."""

    __tablename__ = "review_assessments"
    __table_args__ = (Index(None, "partner_id"),)

    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.review_id"), primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    tier: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[Verdict] = mapped_column(Word(Verdict))
    action: Mapped[Action] = mapped_column(Word(Action))
    """none, case, promote or candidate: what the review decided to do. A partner who is promoted
    out of a tier that is not judged has no row here, but one in `candidates`."""
    findings: Mapped[list[dict[str, Any]]]


class CandidateRow(Base):
    """A partner who has earned a promotion that waits for staff, or was decided by them."""

    __tablename__ = "candidates"
    __table_args__ = (
        Index(None, "partner_id"),
        Index(
            "uq_candidates_one_waiting_per_partner",
            "partner_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    candidate_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    from_tier: Mapped[str | None] = mapped_column(String(64))
    to_tier: Mapped[str] = mapped_column(String(64))
    review_id: Mapped[str | None] = mapped_column(ForeignKey("reviews.review_id"))
    """The review that first found it earned; None: a person added the partner by hand."""
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    proposed_at: Mapped[datetime]
    findings: Mapped[list[dict[str, Any]]]
    state: Mapped[CandidateState] = mapped_column(Word(CandidateState))
    who: Mapped[str | None]
    """Who approved, declined or withdrew it: a person, or `review monthly/2026-10`."""
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    quiet: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The person who approved it said that the partner is not to be told."""


class AppraisalRow(Base):
    """A qualitative criterion, judged by a named reviewer on a day, until it expires."""

    __tablename__ = "appraisals"
    __table_args__ = (Index(None, "partner_id"),)

    appraisal_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    criterion: Mapped[str] = mapped_column(String(64))
    """expertise, coverage, segments, brand_alignment, communication, or the policy's own."""
    met: Mapped[bool]
    reviewer: Mapped[str]
    appraised_on: Mapped[date]
    expires_on: Mapped[date]
    notes: Mapped[str]


class PartnerNoteRow(Base):
    """A dated, signed note about a partner."""

    __tablename__ = "partner_notes"
    __table_args__ = (Index(None, "partner_id"),)

    note_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    written_at: Mapped[datetime]
    who: Mapped[str]
    """A person, or `workflow <run id>`."""
    text: Mapped[str]
    type: Mapped[NoteType] = mapped_column(Word(NoteType, 32), server_default="general")
    case_id: Mapped[str | None] = mapped_column(String(80))
    key: Mapped[str | None] = mapped_column(String(160), unique=True)
    """Of notes that workflows write: once is once (rule 9)."""


class GuardRequestRow(Base):
    """What the guard holds until a person approves or rejects it (rule 13)."""

    __tablename__ = "guard_requests"

    request_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    """The review's or the case's id."""
    asked_at: Mapped[datetime]
    partner_ids: Mapped[list[str]]
    """Who would be warned or removed."""
    detail: Mapped[str]
    state: Mapped[Permission] = mapped_column(Word(Permission))
    """waiting, approved or rejected."""
    who: Mapped[str | None]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class GuardRequestPartnerRow(Base):
    """Whom a request of the guard is about: its `partner_ids` again, to be found by partner."""

    __tablename__ = "guard_request_partners"

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    request_id: Mapped[str] = mapped_column(
        ForeignKey("guard_requests.request_id"), primary_key=True
    )


class SetAsideRow(Base):
    """A partner whose data cannot be judged: the others are, and a person is to look at this one.

    The row goes once the partner is judged again.
    """

    __tablename__ = "set_aside"

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    during: Mapped[During] = mapped_column(Word(During), primary_key=True)
    since: Mapped[datetime]
    reason: Mapped[str]
    """What went wrong, in the program's words."""


class PolicyEffectRow(Base):
    """When an accepted policy takes effect; a version without a row took effect on acceptance."""

    __tablename__ = "policy_effects"

    version: Mapped[int] = mapped_column(ForeignKey("policies.version"), primary_key=True)
    effective_from: Mapped[date]
    reason: Mapped[str | None]
    """Why it was published, in the publisher's words."""
