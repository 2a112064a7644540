"""ReferralQualification: a partner's referrals, from the first to a tier, and what they pay."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace

from temporalio import workflow
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from activities.referrals.activities import ReferralActivities
from activities.referrals.referral_notice_activities import ReferralNoticeActivities
from partners.domain.cases.view import PartnerRef
from partners.domain.referrals.view import (
    ReferralNews,
    ReferralsTold,
    ReferralView,
    Telling,
    TellReferrals,
)
from workflows import promotion as promotions
from workflows.kit import mail_waits, options, steps, timeline
from workflows.kit.words import referral_words

NAMED = 3
"""So many events are named in a summary; the others are counted."""
ANOTHER_RUNS = 1 / 24
"""Days until a promotion that is carried out elsewhere is looked at again."""


@dataclass(frozen=True)
class ReferralInput:
    """Whose: `{"partner_id": "acme"}`. The rest is what an earlier run hands over."""

    partner_id: str
    unseen: ReferralNews = field(default_factory=ReferralNews)  # heard, and not looked at yet
    heard: int = 0  # events in all


@dataclass(frozen=True)
class ReferralResult:
    """Where the partner stood when there was nothing left to wait for."""

    partner_id: str
    stage: str
    heard: int = 0


@dataclass(frozen=True)
class ReferralProgress:
    """What the query answers: in words, and in numbers."""

    words: str
    heard: int = 0
    view: ReferralView | None = None


@workflow.defn
class ReferralQualification:
    """Looks at a partner's referrals whenever something happened, or is due by the calendar.

    Signals: `referral_changed` (what happened, for people to read: the database is what counts),
    `look_again` (mail goes again, staff decided, the numbers of something else changed).
    Query: `progress` ("3 of 5, oldest expires on …, 2 more by …").
    """

    @workflow.init
    def __init__(self, request: ReferralInput) -> None:
        self._unseen, self._heard = request.unseen, request.heard
        self._look = True
        self._view: ReferralView | None = None
        self._promoting: asyncio.Task[None] | None = None
        self._shown_attributes: tuple[str, str] | None = None

    @workflow.run
    async def run(self, request: ReferralInput) -> ReferralResult:
        """Look, tell, wait; again and again, until nothing is left to wait for."""
        self._refuse_other_ids(request.partner_id)
        while True:
            view = await self._assess(request.partner_id)
            self._promote(view)
            held = await self._tell(view)
            if self._is_long():
                self._hand_over(request.partner_id)
            if view.more_tellings and held is None:
                continue
            if self._is_over(view, held is not None):
                return ReferralResult(request.partner_id, view.stage, self._heard)
            await self._wait(view, held)

    def _refuse_other_ids(self, partner_id: str) -> None:
        """The id is the lock that keeps two runs for one partner apart."""
        wanted = options.referral_workflow_id(partner_id)
        if workflow.info().workflow_id != wanted:
            raise ApplicationError(
                f"referrals of {partner_id} run under the workflow id {wanted}",
                type="WrongWorkflowId",
                non_retryable=True,
            )

    # ---- the steps ----

    async def _assess(self, partner_id: str) -> ReferralView:
        """Look at everything known; what was heard only says that there is something to see."""
        summary = referral_words.assess_summary(self._unseen, NAMED)
        # Before the step: what is heard while it runs may be missing from what it reads.
        self._unseen, self._look = ReferralNews(), False
        view: ReferralView = await steps.step(
            ReferralActivities.assess_referrals, PartnerRef(partner_id), summary
        )
        self._view = view
        workflow.set_current_details(referral_words.details(view))
        self._attribute(view)
        return view

    def _attribute(self, view: ReferralView) -> None:
        shown = (view.tier, view.stage.value)
        if shown != self._shown_attributes:
            self._shown_attributes = shown
            workflow.upsert_search_attributes(
                [
                    options.PARTNER_TIER.value_set(view.tier),
                    options.REFERRAL_STAGE.value_set(view.stage.value),
                ]
            )

    def _promote(self, view: ReferralView) -> None:
        """Start the workflow that carries the approved promotion out; it outlives this run."""
        running = self._promoting is not None and not self._promoting.done()
        if view.promote and not running:
            self._promoting = asyncio.create_task(self._carry_out(view))

    async def _carry_out(self, view: ReferralView) -> None:
        try:
            child = await workflow.start_child_workflow(
                promotions.Promotion.run,
                promotions.PromotionInput(view.partner_id),
                id=options.promotion_workflow_id(view.partner_id),
                parent_close_policy=ParentClosePolicy.ABANDON,
                static_summary=promotions.static_summary(view.partner_id),
                static_details=promotions.STATIC_DETAILS,
            )
            await child
        except WorkflowAlreadyStartedError:
            # Staff have started it, or the run that handed over to this one has. Mostly it ends
            # soon, and says so; where its step keeps failing, this run would ask without a pause.
            if workflow.patched("wait-for-the-other-promotion"):
                pause = view.clock.real_length(ANOTHER_RUNS)
                await workflow.sleep(pause, summary="another run carries the promotion out")
        self._look = True

    async def _tell(self, view: ReferralView) -> ReferralsTold | None:
        """Send what is due, in its order; the first answer of those to be tried again later."""
        answers = [await self._send(view.partner_id, telling) for telling in view.tellings]
        if answers and answers[-1].mails:
            self._view = replace(view, mails=answers[-1].mails)
            workflow.set_current_details(referral_words.details(self._view))
        return next((told for told in answers if told.result in mail_waits.WHY), None)

    async def _send(self, partner_id: str, telling: Telling) -> ReferralsTold:
        sent: ReferralsTold = await workflow.execute_activity_method(
            ReferralNoticeActivities.send_referral_notice,
            TellReferrals(partner_id, telling.news_id),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=timeline.shorten(telling.words),
        )
        return sent

    # ---- waiting, ending, handing over ----

    def _is_woken(self) -> bool:
        return self._look or self._unseen.count > 0

    def _is_over(self, view: ReferralView, mail_waits: bool) -> bool:
        busy = self._promoting is not None and not self._promoting.done()
        return view.ended and not (mail_waits or busy or self._is_woken())

    async def _wait(self, view: ReferralView, held: ReferralsTold | None) -> None:
        """Until something happens, or is due; a day at most while mail waits."""
        timeout, why = referral_words.wait_for(view, workflow.now(), held)
        with suppress(TimeoutError):
            await workflow.wait_condition(self._is_woken, timeout=timeout, timeout_summary=why)

    def _is_long(self) -> bool:
        info = workflow.info()
        long = info.get_current_history_length() >= options.REFERRAL_HISTORY
        return long or info.is_continue_as_new_suggested()

    def _hand_over(self, partner_id: str) -> None:
        """Go on in a new run. What was heard meanwhile goes along; handlers never wait."""
        workflow.continue_as_new(ReferralInput(partner_id, self._unseen, self._heard))

    # ---- signals and query ----

    @workflow.signal(description="Something happened to referrals of this partner.")
    def referral_changed(self, news: ReferralNews) -> None:
        self._heard += news.count
        named = (*self._unseen.events, *news.events)
        self._unseen = ReferralNews(
            named[:NAMED], self._unseen.count + news.count - len(named[:NAMED])
        )

    @workflow.signal(description="Mail goes again, or staff decided: look.")
    def look_again(self) -> None:
        self._look = True

    @workflow.query(name="progress", description="How far the partner is on the way to a tier.")
    def show_progress(self) -> ReferralProgress:
        words = self._view.progress if self._view else "not looked at yet"
        return ReferralProgress(words, self._heard, self._view)
