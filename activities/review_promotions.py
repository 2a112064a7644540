"""What a monthly review does about promotions: propose, approve, withdraw, start."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.climbing import judge_ladder
from activities.services import Services, program_now
from partners.domain.assessment import Verdict
from partners.domain.calendar import Month
from partners.domain.promotion_view import PromotionRange
from partners.store import ladder, policies, reviews
from partners.store.ladder import Proposed
from partners.store.review_tables import ReviewAssessmentRow, ReviewRow
from partners.store.tables import PartnerRow

PAGE = 500


class RunningPromotions(Protocol):
    """The way to the workflows of promotions."""

    async def start(self, partner_id: str) -> None:
        """Start a partner's `Promotion`, or tell the one that runs that there is more to do."""


class ReviewPromotionActivities:
    """Looks for promotions among all partners, enrolled or not."""

    def __init__(self, services: Services, running: RunningPromotions) -> None:
        self._services = services
        self._running = running

    @activity.defn
    async def propose_promotions(self, request: PromotionRange) -> dict[str, int]:
        """Judge the partners of a range against their next tier, a page in each transaction.

        Returns how many became `candidates` for staff, were `promoted` (their workflow started)
        or `withdrawn`. Heartbeats its cursor and goes on from there after a crash; a page that
        was stored just before changes nothing, and starts what it approved again.
        """
        details = activity.info().heartbeat_details
        resumed = len(details) == 2
        after = str(details[0]) if resumed else request.after
        counts: Counter[str] = Counter(details[1] if resumed else {})
        while (found := await asyncio.to_thread(self._page, request, after)) is not None:
            after, proposed = found
            for partner_id in proposed.approved:
                await self._running.start(partner_id)
            counts["candidates"] += len(proposed.waiting)
            counts["promoted"] += len(proposed.approved)
            counts["withdrawn"] += len(proposed.withdrawn)
            activity.heartbeat(after, dict(counts))
        return dict(counts)

    def _page(self, request: PromotionRange, after: str) -> tuple[str, Proposed] | None:
        """One page, by the policy, month and day that the review's claim recorded."""
        now = program_now(self._services.clock)
        row = PartnerRow
        query = select(row.partner_id).where(row.partner_id > after)
        if request.through is not None:
            query = query.where(row.partner_id <= request.through)
        with self._services.database.write() as session:
            review = session.get_one(ReviewRow, request.review_id)
            if (switch := reviews.stopped(session, review)) is not None:
                raise ApplicationError(f"stopped by {switch.who}: {switch.reason}", type="Stopped")
            policy = policies.load(session, review.policy_version)
            page = session.scalars(query.order_by(row.partner_id).limit(PAGE)).all()
            if not page:
                return None
            month, below = Month.from_number(review.month), _below(session, request, page)
            verdicts = judge_ladder(session, policy, page, month, review.as_of, below)
            proposed = ladder.propose(
                session,
                verdicts,
                policy_version=review.policy_version,
                approval=policy.promotion.approval,
                review_id=request.review_id,
                now=now,
            )
            return page[-1], proposed


def _below(session: Session, request: PromotionRange, page: Sequence[str]) -> set[str]:
    """Those of a page whom the review found below the standards of their own tier."""
    row = ReviewAssessmentRow
    query = select(row.partner_id).where(
        row.review_id == request.review_id,
        row.partner_id.between(page[0], page[-1]),
        row.verdict == Verdict.BELOW,
    )
    return set(session.scalars(query))
