"""GracePeriod: warn, wait, remind, remove or reinstate. One run for one case (DESIGN section 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.cases import CaseActivities
    from activities.notices import NoticeActivities
    from partners.domain.case import CaseStatus
    from partners.domain.case_view import (
        ApplyOutcome,
        CaseRef,
        CaseView,
        Command,
        PartnerRef,
        Sending,
        SendNotice,
    )
    from partners.domain.notices import NoticeKind
    from workflows import options, timeline
    from workflows.alarms import Alarm, Alarms
    from workflows.commands import Commands, PersonsOrder

ONE_DAY = timedelta(days=1)
"""A program day."""


@dataclass(frozen=True)
class GracePeriodInput:
    """All that is needed to start: `{"partner_id": "acme"}`."""

    partner_id: str


@dataclass(frozen=True)
class GracePeriodResult:
    """How it ended. `opened` is false where there was no case to open; `reason` says why."""

    partner_id: str
    opened: bool
    reason: str = ""
    detail: str = ""
    case_id: str | None = None
    outcome: str | None = None
    tier: str | None = None  # the partner's tier afterwards; None: out, or not enrolled
    deadline: date | None = None


@workflow.defn
class GracePeriod:
    """One case of one partner, from falling below standards to the outcome.

    Signals: `metrics_changed` (new numbers were imported), `notice_changed` (a message was marked
    as sent, or mail goes again). Both only make the case look again.
    Updates: `resume` (a person ends a hold), `void` (a person ends the case as if it had not been).
    Query: `case` (the case as it stands; null while none is open).
    """

    @workflow.init
    def __init__(self, request: GracePeriodInput) -> None:
        self._partner_id = request.partner_id
        self._case: CaseView | None = None
        self._alarms = Alarms()
        self._commands = Commands()
        self._numbers_changed = False
        self._notice_changed = False
        self._deciding = False
        self._shown: tuple[str, str, datetime | None] | None = None

    @property
    def case(self) -> CaseView:
        assert self._case is not None
        return self._case

    @workflow.run
    async def run(self, request: GracePeriodInput) -> GracePeriodResult:
        """Open the partner's case, or go on with it, and see it through to its end."""
        self._refuse_other_ids()
        try:
            result = await self._see_through()
        except BaseException as error:
            if is_cancelled_exception(error):
                await self._void_without_mail()
            raise
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    def _refuse_other_ids(self) -> None:
        """The id is a lock: two runs for one partner must not be possible."""
        expected = options.grace_workflow_id(self._partner_id)
        if workflow.info().workflow_id != expected:
            raise ApplicationError(
                f"this workflow must be started with the id {expected!r}, not "
                f"{workflow.info().workflow_id!r}",
                type="WrongWorkflowId",
                non_retryable=True,
            )

    async def _see_through(self) -> GracePeriodResult:
        opening = await self._step(
            CaseActivities.open_case, PartnerRef(self._partner_id), "check against the standards"
        )
        if opening.case is None:
            workflow.set_current_details(f"**No case: {opening.reason}**\n\n{opening.detail}")
            return GracePeriodResult(self._partner_id, False, opening.reason, opening.detail)
        self._numbers_changed |= opening.continued
        self._see(opening.case)
        while self.case.status is not CaseStatus.CLOSED:
            await self._obey()
            await self._advance()
            await self._start_afresh_if_long()
        await self._obey()
        return GracePeriodResult(
            partner_id=self._partner_id,
            opened=True,
            reason=self.case.headline,
            case_id=self.case.case_id,
            outcome=self.case.outcome,
            tier=self.case.current_tier or None,
            deadline=self.case.deadline,
        )

    # ---- one step, by where the case stands ----

    async def _advance(self) -> None:
        """Take the step that the case's status asks for, or wait for the next moment."""
        match self.case.status:
            case CaseStatus.OPENED:
                await self._warn()
            case CaseStatus.IN_GRACE:
                await self._watch_grace()
            case CaseStatus.DECIDING:
                await self._apply()
            case CaseStatus.ON_HOLD:
                await self._keep_on_hold()
            case CaseStatus.DECIDED:
                await self._tell_and_close()

    async def _warn(self) -> None:
        """Send the notice that starts the clock; without its acceptance nothing runs (rule 1)."""
        self._numbers_changed = False
        result = await self._send(SendNotice(self.case.case_id, self.case.notice_kind))
        if self.case.status is CaseStatus.OPENED:
            await self._wait_for_mail(result)

    async def _watch_grace(self) -> None:
        """Commands have gone first; then the decision if it is due, then the rest (rule 17)."""
        now = self._now()
        if self._decision_is_due(now) or self._has_recovered(now):
            await self._decide()
        elif self._numbers_changed:
            await self._look()
        elif due := self._due_notices(now):
            results = [await self._send(request) for request in due]
            if Sending.STOPPED in results:
                await self._wait_for_mail(Sending.STOPPED)
        else:
            await self._wait(self._grace_alarms(now))

    def _decision_is_due(self, now: datetime) -> bool:
        return self.case.decision_at is not None and now >= self.case.decision_at

    def _has_recovered(self, now: datetime) -> bool:
        """Whether a recovery hold has ended; after the deadline the deadline decides alone."""
        until, deadline_at = self.case.recovery_until, self.case.deadline_at
        return until is not None and deadline_at is not None and until <= now < deadline_at

    def _due_notices(self, now: datetime) -> list[SendNotice]:
        case = self.case
        due = []
        if case.relapse_untold:
            due.append(SendNotice(case.case_id, NoticeKind.RELAPSE))
        if case.deadline_at is not None and now < case.deadline_at:
            due += [
                SendNotice(case.case_id, NoticeKind.REMINDER, reminder.days)
                for reminder in case.reminders
                if reminder.due_at <= now
            ]
        return due

    def _grace_alarms(self, now: datetime) -> list[Alarm]:
        """The deadline as one long bar, the reminders and a recovery hold beside it."""
        case = self.case
        assert case.deadline_at is not None
        assert case.decision_at is not None
        if now >= case.deadline_at:
            text = f"orders until {case.deadline} settle; decision on {case.decision_day}"
            return [Alarm(case.decision_at, text)]
        alarms = [Alarm(case.deadline_at, f"grace period until {case.deadline}")]
        alarms += [
            Alarm(r.due_at, f"reminder {r.days} days before the deadline") for r in case.reminders
        ]
        if case.recovery_until is not None:
            day = case.recovery_until.date()
            alarms.append(Alarm(case.recovery_until, f"recovering: reinstated {day} if it holds"))
        return [alarm for alarm in alarms if alarm.at > now]

    async def _look(self) -> None:
        """New numbers: a signal only ever causes an assessment (rule 17)."""
        self._numbers_changed = False
        ref = CaseRef(self.case.case_id)
        self._see(await self._step(CaseActivities.assess_case, ref, "look at the new numbers"))

    async def _decide(self) -> None:
        """Decide; while that is under way commands are refused (rule 17)."""
        self._numbers_changed = False
        self._deciding = True
        ref = CaseRef(self.case.case_id)
        self._see(await self._step(CaseActivities.decide_case, ref, "decide"))
        self._deciding = self.case.status is CaseStatus.DECIDING
        if self.case.status is CaseStatus.IN_GRACE and self._decision_is_due(self._now()):
            await self._wait_for_feed()

    async def _wait_for_feed(self) -> None:
        """The feed does not cover the deadline yet (rule 8)."""
        assert self.case.feed_wait_until is not None
        text = f"waiting for the order feed to cover {self.case.deadline}"
        await self._wait([Alarm(self.case.feed_wait_until, text)], text)

    async def _apply(self) -> None:
        """Carry the decision out, unless something changed meanwhile: then decide again."""
        self._numbers_changed = False
        self._deciding = True
        request = ApplyOutcome(self.case.case_id, self.case.revision)
        summary = f"{self.case.next}: update the lists"
        self._see(await self._step(CaseActivities.apply_outcome, request, summary))
        self._deciding = self.case.status is CaseStatus.DECIDED
        if self.case.status is CaseStatus.DECIDING:
            await self._wait_for_mail(Sending.STOPPED)

    async def _keep_on_hold(self) -> None:
        """Tell staff, remind them weekly, and wait for a person."""
        case = self.case
        assert case.staff_notice_at is not None
        if self._numbers_changed:
            await self._look()
        elif self._now() >= case.staff_notice_at:
            number = case.hold_notices + 1
            request = SendNotice(case.case_id, NoticeKind.ON_HOLD, hold_notice=number)
            if await self._send(request) is Sending.STOPPED:
                await self._wait_for_mail(Sending.STOPPED)
        else:
            await self._wait([Alarm(case.staff_notice_at, "on hold: a person is needed")])

    async def _tell_and_close(self) -> None:
        """Tell the partner how it ended and why, then close the case."""
        self._numbers_changed = False
        self._deciding = True
        kind = self.case.closing_notice
        if kind and await self._send(SendNotice(self.case.case_id, kind)) is Sending.STOPPED:
            await self._wait_for_mail(Sending.STOPPED)
            return
        summary = f"close: {str(self.case.outcome).replace('_', ' ')}"
        ref = CaseRef(self.case.case_id)
        self._see(await self._step(CaseActivities.close_case, ref, summary))

    # ---- steps and mail ----

    async def _step(self, activity: Callable[..., Any], request: Any, summary: str) -> Any:
        return await workflow.execute_activity_method(
            activity,
            request,
            task_queue=options.TASK_QUEUE,
            start_to_close_timeout=options.STEP_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=timeline.shorten(summary),
        )

    async def _send(self, request: SendNotice) -> Sending:
        sent = await workflow.execute_activity_method(
            NoticeActivities.send_notice,
            request,
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=timeline.send_summary(self.case, request),
        )
        self._see(sent.case)
        return sent.result

    async def _wait_for_mail(self, result: Sending) -> None:
        """Wait until a message was marked as sent or mail goes again; look at least once a day."""
        now = self._now()
        why = {
            Sending.STOPPED: "mail is stopped: waiting until it goes again",
            Sending.WAITING: "waiting for a person to send the message and mark it as sent",
            Sending.UNKNOWN: "waiting to learn what became of the message",
        }.get(result)
        if why is None:
            return
        outdated_at = self.case.day_ends_at if result is Sending.WAITING else None
        alarms = [Alarm(outdated_at or now + ONE_DAY, why)]
        if self.case.status is CaseStatus.IN_GRACE:
            alarms += self._grace_alarms(now)
        await self._wait(alarms, why)

    def _see(self, case: CaseView) -> None:
        """Take in the case as it now stands, and show it."""
        self._case = case
        workflow.set_current_details(timeline.details(case))
        shown = (case.current_tier or "none", case.standing, case.deadline_at)
        if case.status is not CaseStatus.OPENED and shown != self._shown:
            self._shown = shown
            updates: list[SearchAttributeUpdate[Any]] = [
                options.PARTNER_TIER.value_set(shown[0]),
                options.PARTNER_STANDING.value_set(shown[1]),
            ]
            if case.deadline_at is not None:
                updates.append(options.GRACE_DEADLINE.value_set(case.deadline_at))
            workflow.upsert_search_attributes(updates)

    # ---- waking ----

    async def _wait(self, alarms: list[Alarm], why: str = "") -> None:
        """Sleep until an alarm, a signal or a command; the caller then looks at the state anew."""
        workflow.set_current_details(timeline.details(self.case, why))
        self._alarms.set(alarms, self.case.clock)
        await workflow.wait_condition(self._is_woken)
        self._alarms.clear_ringing()
        self._notice_changed = False

    def _is_woken(self) -> bool:
        changed = self._numbers_changed or self._notice_changed
        return changed or self._commands.pending or self._alarms.ringing()

    def _now(self) -> datetime:
        """Program time."""
        return self.case.clock.program_time(workflow.now())

    async def _start_afresh_if_long(self) -> None:
        """A case that waits for years starts a new history; its state is in the database."""
        if workflow.info().is_continue_as_new_suggested() and not self._commands.pending:
            await workflow.wait_condition(workflow.all_handlers_finished)
            workflow.continue_as_new(GracePeriodInput(self._partner_id))

    # ---- a person's word ----

    async def _obey(self) -> None:
        """Carry out the commands that wait, in the order in which they came."""
        while (waiting := self._commands.next()) is not None:
            if refusal := self._why_refused():
                waiting.refuse(refusal)
                continue
            order = waiting.order
            command = Command(self.case.case_id, order.who, order.reason)
            try:
                self._see(
                    await self._step(waiting.activity, command, f"{waiting.name} by {order.who}")
                )
                waiting.answer(timeline.state_of(self.case))
            except ActivityError as error:
                waiting.refuse(str(error.cause))

    def _why_refused(self) -> str | None:
        if self._case is None:
            return "no case is open"
        if self._deciding or self.case.outcome is not None:
            return f"the case is being closed. {timeline.state_of(self.case)}"
        return None

    def _check(self, order: PersonsOrder) -> None:
        if not order.who.strip() or not order.reason.strip():
            raise ApplicationError("refused: say who you are and why")
        if refusal := self._why_refused():
            raise ApplicationError(f"refused: {refusal}")

    @workflow.update(description="End a hold. Who and why are recorded.")
    async def resume(self, order: PersonsOrder) -> str:
        return await self._commands.give("resume", CaseActivities.resume_case, order)

    @resume.validator
    def _check_resume(self, order: PersonsOrder) -> None:
        self._check(order)
        if self.case.status is not CaseStatus.ON_HOLD:
            state = timeline.state_of(self.case)
            raise ApplicationError(f"refused: the case is not on hold. {state}")

    @workflow.update(description="End the case as if it had not been; a warned partner is told.")
    async def void(self, order: PersonsOrder) -> str:
        return await self._commands.give("void", CaseActivities.void_case, order)

    @void.validator
    def _check_void(self, order: PersonsOrder) -> None:
        self._check(order)

    async def _void_without_mail(self) -> None:
        """Cancelling voids the case and tells nobody; an outcome already applied stays."""
        if self._case is None or self.case.outcome is not None:
            return
        command = Command(self.case.case_id, "Temporal", "the workflow was cancelled", silent=True)
        self._see(await self._step(CaseActivities.void_case, command, "cancelled: void the case"))
        ref = CaseRef(self.case.case_id)
        self._see(await self._step(CaseActivities.close_case, ref, "close: voided"))

    # ---- signals and query ----

    @workflow.signal(description="New numbers were imported: the case looks at them.")
    def metrics_changed(self) -> None:
        self._numbers_changed = True

    @workflow.signal(description="A message was marked as sent, or mail goes again.")
    def notice_changed(self) -> None:
        self._notice_changed = True

    @workflow.query(name="case", description="The case as it stands; null while none is open.")
    def show_case(self) -> CaseView | None:
        return self._case
