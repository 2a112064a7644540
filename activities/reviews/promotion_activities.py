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

from activities.services import Activities, Services, program_now
from partners.domain.judging.aside import During
from partners.domain.judging.assessment import Verdict
from partners.domain.ladder.view import PromotionRange
from partners.domain.policy.entering import Approval
from partners.domain.reviews.review import Action
from partners.domain.time.calendar import Month
from partners.store.judging import aside
from partners.store.judging.window_sums import Enrolled, Range, partners_page
from partners.store.ladder import proposals
from partners.store.ladder.ladder_judging import LadderJudge
from partners.store.ladder.proposals import Proposed
from partners.store.policy import policies
from partners.store.reviews import reviews
from partners.store.tables.review_tables import ReviewAssessmentRow, ReviewRow

PAGE = 500


class RunningPromotions(Protocol):
    """The way to the workflows of promotions."""

    async def start(self, partner_id: str) -> None:
        """Start a partner's `Promotion`, or tell the one that runs that there is more to do."""


class ReviewPromotionActivities(Activities):
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
        judge = await asyncio.to_thread(self._judge, request.review_id)
        while (found := await asyncio.to_thread(self._page, request, judge, after)) is not None:
            after, proposed = found
            # After the commit, and before the heartbeat: a promotion that starts earlier finds
            # nothing approved and ends, and a page that was stored is started again after a crash.
            for partner_id in proposed.approved:
                await self._running.start(partner_id)
            counts["candidates"] += len(proposed.waiting)
            counts["promoted"] += len(proposed.approved)
            counts["withdrawn"] += len(proposed.withdrawn)
            activity.heartbeat(after, dict(counts))
        return dict(counts)

    def _judge(self, review_id: str) -> LadderJudge:
        """The rules: of the policy, month and day that the review's claim recorded."""
        with self._services.database.read() as session:
            review = session.get_one(ReviewRow, review_id)
            policy = policies.load(session, review.policy_version)
            month = Month.from_number(review.month)
            return LadderJudge.of(session, policy, month, review.as_of)

    def _page(
        self, request: PromotionRange, judge: LadderJudge, after: str
    ) -> tuple[str, Proposed] | None:
        """Judge and propose one page; None after the last."""
        now = program_now(self._services.clock)
        ids = Range(after, request.through)
        with self._services.database.snapshot() as session:
            page = partners_page(session, ids, PAGE, everybody=True)
            if not page:
                return None
            verdicts, failed = judge.judge_page(session, page, _below(session, request, page))
        approval = judge.policy.promotion.approval
        with self._services.database.write() as session:
            review = session.get_one(ReviewRow, request.review_id)
            if (switch := reviews.stopped(session, review)) is not None:
                raise ApplicationError(f"stopped by {switch.who}: {switch.reason}", type="Stopped")
            proposed = proposals.propose(
                session,
                verdicts,
                policy_version=review.policy_version,
                approval=approval,
                review_id=request.review_id,
                now=now,
            )
            action = Action.PROMOTE if approval is Approval.AUTO else Action.CANDIDATE
            last = page[-1].partner_id
            aside.note(session, During.LADDER, Range(after, last), failed, now)
            reviews.note_action(session, request.review_id, proposed.earned, action)
            return last, proposed


def _below(session: Session, request: PromotionRange, page: Sequence[Enrolled]) -> set[str]:
    """Those of a page whom the review found below the standards of their own tier."""
    row = ReviewAssessmentRow
    query = select(row.partner_id).where(
        row.review_id == request.review_id,
        row.partner_id.between(page[0].partner_id, page[-1].partner_id),
        row.verdict == Verdict.BELOW,
    )
    return set(session.scalars(query))
