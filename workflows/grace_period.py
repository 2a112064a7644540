"""GracePeriod: warn, wait, remind, remove or reinstate. One run for one case."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError, is_cancelled_exception

from activities.cases.activities import CaseActivities
from activities.overrides.command_activities import CaseCommandActivities
from activities.responses.activities import ResponseActivities
from partners.domain.cases.case import CaseStatus
from partners.domain.cases.view import (
    ApplyOutcome,
    CaseRef,
    CaseView,
    GracePeriodInput,
    GracePeriodResult,
    PartnerRef,
    PlainCommand,
    SendNotice,
)
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from workflows.kit import options, timeline
from workflows.kit.alarms import Alarm
from workflows.kit.case_commands import CaseCommands
from workflows.kit.case_run import CaseRun
from workflows.kit.engine import Engine
from workflows.kit.moments import (
    decision_is_due,
    due_notices,
    grace_alarms,
    has_recovered,
    hold_alarms,
)


@workflow.defn
class GracePeriod(CaseCommands):
    """One case of one partner, from falling below standards to the outcome.

    Signals: `metrics_changed` (new numbers were imported), `notice_changed` (a message was marked
    as sent, or mail goes again). Both only make the case look again.
    Updates: what people command, see `CaseCommands`: `extend`, `pause`, `resume`, `migrate`,
    `waive`, `reinstate`, `remove`, `block`, `unblock`, `appeal`, `uphold`, `overturn`, `void`.
    Queries: `case` (the case as it stands; null while none is open), `next` (what comes, in words).
    """

    @workflow.init
    def __init__(self, request: GracePeriodInput) -> None:
        self._partner_id = request.partner_id
        self._engine = Engine()
        self._run = CaseRun(self._engine)

    @property
    def _case(self) -> CaseView:
        return self._run.case

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
        request, summary = PartnerRef(self._partner_id), "check against the standards"
        opening = await self._run.step(CaseActivities.open_case, request, summary)
        if opening.case is None:
            if opening.check_in:  # older histories say no, so nothing is added to them
                start = ResponseActivities.start_check_in
                await self._run.step(start, request, "start the check-in")
            self._engine.say(f"**No case: {opening.reason}**\n\n{opening.detail}")
            return GracePeriodResult(self._partner_id, False, opening.reason, opening.detail)
        # A case that is taken over has missed what was signalled while no run was there. Not `=`:
        # a signal may have come while the case was being opened.
        self._run.numbers_changed |= opening.continued
        self._run.see(opening.case)
        while self._case.status is not CaseStatus.CLOSED:
            await self._run.obey()
            await self._advance()
            await self._start_afresh_if_long()
        # Refuses what was commanded during the last step: without an answer the handler never
        # finishes, and `run` waits for all of them.
        await self._run.obey()
        return GracePeriodResult(
            partner_id=self._partner_id,
            opened=True,
            reason=self._case.headline,
            case_id=self._case.case_id,
            outcome=self._case.outcome,
            tier=self._case.current_tier or None,
            deadline=self._case.deadline,
        )

    # ---- one step, by where the case stands ----

    async def _advance(self) -> None:
        """Take the step that the case's status asks for, or wait for the next moment."""
        match self._case.status:
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
        self._run.numbers_changed = False
        result = await self._run.send(SendNotice(self._case.case_id, self._case.notice_kind))
        if self._case.status is CaseStatus.OPENED:
            await self._run.wait_for_mail(result)

    async def _watch_grace(self) -> None:
        """Commands have gone first; then the decision if it is due, then the rest (rule 17)."""
        case, now = self._case, self._run.now()
        if decision_is_due(case, now) or has_recovered(case, now):
            await self._decide()
        elif self._run.numbers_changed:
            await self._look()
        elif (due := due_notices(case, now)) or case.to_tell:
            results = [await self._run.send(request) for request in due]
            results += await self._run.tell()
            await self._run.wait_if_unsent(*results)
        else:
            await self._run.wait(grace_alarms(case, now))

    async def _look(self) -> None:
        """New numbers: a signal only ever causes an assessment (rule 17)."""
        self._run.numbers_changed = False
        ref = CaseRef(self._case.case_id)
        await self._run.change(CaseActivities.assess_case, ref, "look at the new numbers")

    async def _decide(self) -> None:
        """Decide; while that is under way commands are refused (rule 17)."""
        self._run.numbers_changed = False
        self._run.deciding = True
        ref = CaseRef(self._case.case_id)
        await self._run.change(CaseActivities.decide_case, ref, "decide")
        case = self._case
        self._run.deciding = case.status is CaseStatus.DECIDING
        if case.status is CaseStatus.IN_GRACE and decision_is_due(case, self._run.now()):
            await self._wait_for_feed()

    async def _wait_for_feed(self) -> None:
        """The feed does not cover the deadline yet (rule 8)."""
        assert self._case.feed_wait_until is not None
        text = f"waiting for the order feed to cover {self._case.deadline}"
        await self._run.wait([Alarm(self._case.feed_wait_until, text)], text)

    async def _apply(self) -> None:
        """Carry the decision out, unless something changed meanwhile: then decide again."""
        self._run.numbers_changed = False
        self._run.deciding = True
        # Of the row as this run last saw it: one that has moved on is decided again.
        request = ApplyOutcome(self._case.case_id, self._case.revision)
        summary = f"{self._case.next}: update the lists"
        await self._run.change(CaseActivities.apply_outcome, request, summary)
        self._run.deciding = self._case.status is CaseStatus.DECIDED
        if self._case.status is CaseStatus.DECIDING:
            await self._run.wait_for_mail(Sending.STOPPED)

    async def _keep_on_hold(self) -> None:
        """Tell staff, remind them weekly, and wait for a person; or for the end of a pause."""
        case, now = self._case, self._run.now()
        if self._run.numbers_changed:
            await self._look()
        elif case.resume_at is not None and now >= case.resume_at:
            ref = CaseRef(case.case_id)
            await self._run.change(CaseCommandActivities.end_pause, ref, "the pause is over")
        elif case.to_tell:
            await self._run.wait_if_unsent(*await self._run.tell())
        elif case.staff_notice_at is not None and now >= case.staff_notice_at:
            number = case.hold_notices + 1
            request = SendNotice(case.case_id, NoticeKind.ON_HOLD, hold_notice=number)
            await self._run.wait_if_unsent(await self._run.send(request))
        else:
            await self._run.wait(hold_alarms(case))

    async def _tell_and_close(self) -> None:
        """Tell the partner how it ended and why, then close the case."""
        self._run.numbers_changed = False
        self._run.deciding = True
        case = self._case
        if await self._run.wait_if_unsent(*await self._run.tell()):
            return
        if case.closing_notice is not None:
            request = SendNotice(case.case_id, case.closing_notice)
            if await self._run.wait_if_unsent(await self._run.send(request)):
                return
        summary = f"close: {str(case.outcome).replace('_', ' ')}"
        await self._run.change(CaseActivities.close_case, CaseRef(case.case_id), summary)

    async def _void_without_mail(self) -> None:
        """Cancelling voids the case and tells nobody; an outcome already applied stays."""
        if self._run.seen is None or self._case.outcome is not None:
            return
        # Cancelling interrupts what was awaited then, once; what is awaited from here on runs.
        case_id, why = self._case.case_id, "the workflow was cancelled"
        command = PlainCommand(case_id, "Temporal", why, silent=True)
        await self._run.change(CaseActivities.void_case, command, "cancelled: void the case")
        await self._run.change(CaseActivities.close_case, CaseRef(case_id), "close: voided")

    async def _start_afresh_if_long(self) -> None:
        """A case that waits for years starts a new history; its state is in the database."""
        # Signals need not go along: the new run finds its case continued, and looks once more. A
        # command that waits would be lost with its handler.
        if self._engine.is_long() and not self._run.commands.pending:
            await self._engine.start_afresh(GracePeriodInput(self._partner_id))

    # ---- signals and query; the updates are those of `CaseCommands` ----

    @workflow.signal(description="New numbers were imported: the case looks at them.")
    def metrics_changed(self) -> None:
        self._run.numbers_changed = True

    @workflow.signal(description="A message was marked as sent, or mail goes again.")
    def notice_changed(self) -> None:
        self._run.notice_changed = True

    @workflow.query(name="next", description="Where the case stands, and what comes next.")
    def show_next(self) -> str:
        if self._run.seen is None:
            return "no case is open"
        return "\n\n".join(
            filter(None, [timeline.state_of(self._case), timeline.ahead(self._case)])
        )

    @workflow.query(name="case", description="The case as it stands; null while none is open.")
    def show_case(self) -> CaseView | None:
        return self._run.seen
