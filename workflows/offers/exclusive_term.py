"""ExclusiveTerm: announce, begin, look at each period, warn, keep or lose, ask, end. One run for
one exclusive."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.exclusives.activities import ExclusiveActivities
from activities.exclusives.exclusive_notice_activities import ExclusiveNoticeActivities
from partners.domain.exclusives.exclusive_term import TermStep
from partners.domain.exclusives.view import (
    ExclusiveInput,
    ExclusiveRef,
    ExclusiveResult,
    TakeTermStep,
    TellExclusive,
    TermTelling,
    TermTold,
    TermView,
)
from partners.domain.mail.view import Sending
from workflows.kit import mail_waits, options, steps
from workflows.kit.alarms import Alarm, Alarms
from workflows.kit.words import exclusive_words as words

WHY_MAIL_WAITS = mail_waits.WHY | {
    Sending.WAITING: "waiting for a person to send the warning and mark it as sent",
}


@workflow.defn
class ExclusiveTerm:
    """The term of one exclusive, from its signing to its end.

    What is due next is decided by `partners.domain.exclusives.term_rules`, from how the exclusive
    and its holder stand, after every wake; each step is carried out once. A run that is started
    anew, after a terminate, a reset or a restore, goes on from there. Cancelling ends the run and
    nothing else: the exclusive stands as it is, and the daily watch starts another run.

    Signal: `look_again` (a tier, a block, an order or a message changed, or a person decided).
    Query: `term` (how it stands; null before the first look), `next` (the same in words).
    """

    @workflow.init
    def __init__(self, request: ExclusiveInput) -> None:
        self._exclusive_id = request.exclusive_id
        self._alarms = Alarms()
        self._look = False
        self._view: TermView | None = None
        self._shown_tier = ""

    @workflow.run
    async def run(self, request: ExclusiveInput) -> ExclusiveResult:
        """Do what is due, tell who is to be told, wait; until it is over and everybody knows."""
        self._refuse_other_ids()
        view = await self._look_at_it()
        while True:
            if view.due is not None:
                view = await self._take(view, view.due)
                continue
            told = await self._tell(view)
            if told is not None and (told.result is Sending.SENT or told.view.due is not None):
                view = told.view  # there may be something due now, or more to be told
                continue
            if view.over and told is None:
                return ExclusiveResult(self._exclusive_id, view.status, view.ending)
            await self._wait(view, told)
            self._start_afresh_if_long()
            view = await self._look_at_it()

    def _refuse_other_ids(self) -> None:
        """The id is a lock: two runs for one exclusive must not be possible."""
        wanted = options.exclusive_workflow_id(self._exclusive_id)
        if workflow.info().workflow_id != wanted:
            raise ApplicationError(
                f"the exclusive {self._exclusive_id} runs under the workflow id {wanted}",
                type="WrongWorkflowId",
                non_retryable=True,
            )

    # ---- the steps ----

    async def _look_at_it(self) -> TermView:
        """What is due now. A signal only ever causes a look (rule 17)."""
        self._look = False  # before the step, so that a signal during it is not lost
        look, ref = ExclusiveActivities.look_at_exclusive, ExclusiveRef(self._exclusive_id)
        return self._see(await steps.step(look, ref, "look at the exclusive"))

    async def _take(self, view: TermView, due: TermStep) -> TermView:
        """One step; it is not done where another is due by now."""
        step = TakeTermStep(self._exclusive_id, due)
        summary = words.step_summary(view, due)
        return self._see(await steps.step(ExclusiveActivities.take_exclusive_step, step, summary))

    async def _tell(self, view: TermView) -> TermTold | None:
        """Send what is to be told, in its order; None where nothing is.

        Answers with the first message that has to wait; then the others have been sent, unless all
        mail is stopped.
        """
        waits: TermTold | None = None
        told: TermTold | None = None
        for telling in view.tellings:
            told = await self._send(view, telling)
            if told.result in WHY_MAIL_WAITS:
                waits = waits or told
            if told.result is Sending.STOPPED or told.view.due is not None:
                break
        return waits or told

    async def _send(self, view: TermView, telling: TermTelling) -> TermTold:
        told: TermTold = await workflow.execute_activity_method(
            ExclusiveNoticeActivities.send_exclusive_notices,
            TellExclusive(self._exclusive_id, telling.news_ids),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT * len(telling.news_ids),
            heartbeat_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=words.telling_summary(view, telling),
        )
        self._see(told.view)
        return told

    def _see(self, view: TermView) -> TermView:
        """Take in how it stands, and show it."""
        self._view = view
        workflow.set_current_details(words.details(view))
        if view.tier and view.tier != self._shown_tier:
            # Not the holder's standing: by that, people look for cases.
            self._shown_tier = view.tier
            workflow.upsert_search_attributes([options.PARTNER_TIER.value_set(view.tier)])
        return view

    # ---- waiting ----

    async def _wait(self, view: TermView, held: TermTold | None) -> None:
        """Until one of the moments ahead, or until something happens."""
        alarms, why = words.alarms(view), ""
        if held is not None and (why := WHY_MAIL_WAITS.get(held.result, "")):
            day = view.clock.real_length(1)
            wait = mail_waits.how_long(held.result, held.until, day)
            again = view.clock.program_time(workflow.now() + wait)
            if held.result is Sending.WAITING and view.day_ends_at is not None:
                again = view.day_ends_at  # then it is written anew, with another day in it
            alarms.append(Alarm(again, why))
        workflow.set_current_details(words.details(view, why))
        self._alarms.set(alarms, view.clock)
        await workflow.wait_condition(lambda: self._look or self._alarms.ringing())
        self._alarms.clear_ringing()

    def _start_afresh_if_long(self) -> None:
        """A term of years starts a new history; its state is in the database."""
        if workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(ExclusiveInput(self._exclusive_id))

    # ---- signal and queries ----

    @workflow.signal(description="Something changed that it may rest on: look.")
    def look_again(self) -> None:
        self._look = True

    @workflow.query(name="term", description="The exclusive as it stands.")
    def show_term(self) -> TermView | None:
        return self._view

    @workflow.query(name="next", description="Where it stands, and what comes next.")
    def show_next(self) -> str:
        if self._view is None:
            return "not looked at yet"
        said = (words.state_of(self._view), words.next_step(self._view))
        return "\n\n".join(filter(None, said))
