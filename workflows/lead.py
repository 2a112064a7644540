"""LeadHandover: a referral's lead from the first seller who is asked to whoever sells to it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.referrals.lead_activities import LeadActivities
from activities.referrals.lead_notice_activities import LeadNoticeActivities
from activities.referrals.watch_activities import ReferralWatchActivities
from partners.domain.referrals.lead_view import LeadRef, LeadTelling, LeadTold, LeadView, TellLead
from workflows.kit import mail_waits, options, steps, timeline
from workflows.kit.words import lead_words


@dataclass(frozen=True)
class LeadInput:
    """Whose lead: `{"referral_id": "r-17"}`. The database knows the rest."""

    referral_id: str


@dataclass(frozen=True)
class LeadResult:
    """How the lead stood when nobody was left to wait for."""

    referral_id: str
    state: str = ""


@workflow.defn
class LeadHandover:
    """Hands a lead over, tells and reminds whoever is asked, and hands it on, until it is bought,
    or there is nothing to work any more.

    Signal: `look_again` (somebody answered, the referral or an order changed, mail goes again).
    Query: `lead` (where it stands).
    """

    @workflow.init
    def __init__(self, request: LeadInput) -> None:
        self._look = True
        self._view = LeadView(request.referral_id)
        self._told: LeadTold | None = None  # of the message that was tried last

    @workflow.run
    async def run(self, request: LeadInput) -> LeadResult:
        """Look, tell, wait; again and again."""
        self._refuse_other_ids(request.referral_id)
        while True:
            view = await self._look_at(request.referral_id)
            await self._tell_referrers(view)
            if view.telling is not None and await self._tell(view, view.telling):
                continue  # what is waited for now depends on when it was accepted
            if view.ended and not self._look:
                return LeadResult(request.referral_id, view.state)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(request)
            await self._wait(view)

    def _refuse_other_ids(self, referral_id: str) -> None:
        """The id is the lock that keeps two runs for one lead apart."""
        wanted = options.lead_workflow_id(referral_id)
        if workflow.info().workflow_id != wanted:
            raise ApplicationError(
                f"the lead of {referral_id} runs under the workflow id {wanted}",
                type="WrongWorkflowId",
                non_retryable=True,
            )

    async def _look_at(self, referral_id: str) -> LeadView:
        self._look = False  # before the step: what is said while it runs may be missing from it
        view: LeadView = await steps.step(
            LeadActivities.look_at_lead, LeadRef(referral_id), lead_words.look_summary(self._view)
        )
        self._view = view
        workflow.set_current_details(lead_words.details(view))
        return view

    async def _tell_referrers(self, view: LeadView) -> None:
        """The workflows of those whose referrals changed: they see the state, and not whose."""
        for news in view.news:
            await steps.step(
                ReferralWatchActivities.tell_referrer, news, f"the referral: {news.event.state}"
            )

    async def _tell(self, view: LeadView, telling: LeadTelling) -> bool:
        """Send the message that is due; whether it is done with, so that one looks again."""
        self._told = await workflow.execute_activity_method(
            LeadNoticeActivities.send_lead_notice,
            TellLead(view.referral_id, telling.key),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=timeline.shorten(telling.words),
        )
        return mail_waits.WHY.get(self._told.result) is None and not self._told.undone

    async def _wait(self, view: LeadView) -> None:
        """Until something happens, or is due; a day at most while mail waits."""
        day = view.clock.real_length(1)
        if view.telling is not None and self._told is not None:
            timeout: timedelta | None = mail_waits.how_long(
                self._told.result, self._told.until, day
            )
            why = mail_waits.WHY.get(self._told.result, "looking again")
        else:
            timeout, why = lead_words.wait_for(view, workflow.now())
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._look, timeout=timeout, timeout_summary=timeline.shorten(why)
            )

    @workflow.signal(description="Somebody answered, or something changed: look.")
    def look_again(self) -> None:
        self._look = True

    @workflow.query(name="lead", description="Who works the lead, and how it came about.")
    def show_lead(self) -> LeadView:
        return self._view
