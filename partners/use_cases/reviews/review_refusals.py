"""Why a review is not run, shown or answered."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class UnfitPeriod(Refusal):
    """No review can be about this period, or not yet."""

    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(eq=False)
class UnknownReview(Refusal):
    """No review of this period has been run."""

    review_id: str

    def __str__(self) -> str:
        return f"there is no review {self.review_id!r}"


@dataclass(eq=False)
class NeitherReviewNorCase(Refusal):
    """What the guard holds is known no more."""

    request_id: str

    def __str__(self) -> str:
        return f"{self.request_id} is neither a review nor a case"


@dataclass(eq=False)
class ReviewDoesNotRun(Refusal):
    """A review that waits for a person has no workflow that would hear the answer."""

    workflow_id: str

    def __str__(self) -> str:
        return (
            f"no workflow runs under {self.workflow_id}; take the review up again first, "
            "then decide"
        )
