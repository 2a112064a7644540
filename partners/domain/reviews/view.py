"""What a review's workflow and its activities tell one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from partners.domain.cases.case import Permission
from partners.domain.reviews.review import ReviewKind, ReviewStatus


@dataclass(frozen=True)
class ClaimReview:
    """Ask for a period: the named one, or that of the moment at which the review was due."""

    kind: ReviewKind
    period: str | None
    due_at: datetime  # real time


@dataclass(frozen=True)
class ReviewView:
    """A review as it stands. `mine`: this run is the one to carry it out."""

    review_id: str
    kind: ReviewKind
    period: str
    month: str
    status: ReviewStatus
    detail: str
    claimed_by: str
    mine: bool
    counts: dict[str, int] = field(default_factory=dict)
    ranges: tuple[PartnerRange, ...] = ()  # to be judged side by side
    checks_in: bool = False  # some may get a check-in; new, so a run before it takes no such step
    checked_in: tuple[str, ...] = ()  # the first of them, by id; once the review is done
    promoted: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()  # for promotion: staff approve


@dataclass(frozen=True)
class PartnerRange:
    """Partners after one id, through another; None: to the last."""

    after: str
    through: str | None


@dataclass(frozen=True)
class JudgeRange:
    review_id: str
    partners: PartnerRange


@dataclass(frozen=True)
class ReviewRef:
    review_id: str


@dataclass(frozen=True)
class FinishReview:
    """`counts`: what the run itself counted; `detail`: what a person should know."""

    review_id: str
    counts: dict[str, int]
    detail: str = ""


@dataclass(frozen=True)
class GuardAnswer:
    """A person's word on a review that the guard holds (rule 13)."""

    review_id: str
    approved: bool
    who: str
    reason: str


@dataclass(frozen=True)
class GuardState:
    """Whether the review may start its cases."""

    state: Permission
    detail: str = ""
    partners: int = 0
    partner_ids: tuple[str, ...] = ()  # the first of them: for whom a case is started, or held


@dataclass(frozen=True)
class Progress:
    """Where a review is, and what has been counted so far."""

    step: str = "claiming the period"  # for people
    review_id: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    waits: bool = False  # for a person's approval
