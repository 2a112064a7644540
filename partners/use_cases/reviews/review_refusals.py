"""Why a review is not run, shown or answered."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class UnfitPeriod(Refusal):
    """No review can be about this period, or not yet."""

    says = "{why}"

    why: str


@dataclass(eq=False)
class UnknownReview(Refusal):
    """No review of this period has been run."""

    says = "there is no review {review_id!r}"

    review_id: str


@dataclass(eq=False)
class NeitherReviewNorCase(Refusal):
    """What the guard holds is known no more."""

    says = "{request_id} is neither a review nor a case"

    request_id: str


@dataclass(eq=False)
class ReviewDoesNotRun(Refusal):
    """A review that waits for a person has no workflow that would hear the answer."""

    says = "no workflow runs under {workflow_id}; take the review up again first, then decide"

    workflow_id: str


@dataclass(eq=False)
class AnswerWaits(Refusal):
    """No worker has heard the answer to a review: it waits at the server."""

    says = (
        "no worker has answered within {seconds:.0f} seconds: the answer waits at the server, and "
        "may still take effect"
    )

    workflow_id: str
    seconds: float
