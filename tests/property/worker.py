"""A worker without a server: takes the workflow's steps by calling the real activities.

It goes the way of `workflows.grace_period`, with that workflow's own pure functions; waiting is a
list of moments. Any call may be struck by a fault, and is then tried again, as Temporal would.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.case_commands import CaseCommandActivities
from activities.cases import CaseActivities
from activities.interventions import InterventionActivities, InterventionNoticeActivities
from activities.migration import MigrationActivities
from activities.notices import NoticeActivities
from activities.services import Services, who_acts
from partners.domain.case import CaseStatus
from partners.domain.case_view import (
    ApplyOutcome,
    CaseRef,
    CaseView,
    PartnerRef,
    Sending,
    SendNotice,
)
from partners.domain.clock import ProgramClock
from partners.domain.notices import NoticeKind
from partners.mail.render import Renderer
from tests.property.faults import Crash, CrashingDatabase, Provider
from tests.property.model import START
from workflows.commands import PersonsOrder, on_case
from workflows.moments import (
    decision_is_due,
    due_notices,
    grace_alarms,
    has_recovered,
    hold_alarms,
    pause_alarms,
)

RENDERER = Renderer(Path(__file__).parents[2] / "templates")
AT_ONCE = 25
"""So many steps without waiting are a loop that does not end."""
MAIL_WAITS = (Sending.STOPPED, Sending.PUT_OFF, Sending.UNKNOWN)


@dataclass
class Fault:
    """What strikes the next call: `rolled back` in its nth transaction, or `repeated` though it
    succeeded, for its answer was lost."""

    kind: str
    nth: int = 1


@dataclass
class Run:
    """One run of a case's workflow: what it has seen, and what it waits for."""

    partner_id: str
    case: CaseView
    run_id: str
    numbers_changed: bool = False
    notice_changed: bool = False
    deciding: bool = False
    wake_at: list[datetime] = field(default_factory=list)

    def is_woken(self, now: datetime) -> bool:
        rings = any(at <= now for at in self.wake_at)
        return not self.wake_at or self.numbers_changed or self.notice_changed or rings


class Worker:
    """Runs of cases by partner. `after_call` is told of every call that came back, or did not."""

    def __init__(
        self, database: CrashingDatabase, provider: Provider, after_call: Callable[[], None]
    ) -> None:
        self.now = START
        self.database = database
        self.provider = provider
        self.runs: dict[str, Run] = {}
        self.fault: Fault | None = None
        self.calls: list[tuple[Callable[[Any], Any], Any]] = []
        database.actor = who_acts
        services = Services(database, ProgramClock(), RENDERER, provider)
        self.cases = CaseActivities(services)
        self.notices = NoticeActivities(services)
        self.migration = MigrationActivities(services)
        self.commands = CaseCommandActivities(services)
        self.interventions = InterventionActivities(services)
        self.telling = InterventionNoticeActivities(services)
        self._after_call = after_call
        self._numbers = count(1)

    # ---- calling ----

    def call(self, activity: Callable[[Any], Any], request: Any, run_id: str = "run-0") -> Any:
        """One activity, tried until it comes back; None if it does not in ten attempts."""
        self.calls = [*self.calls[-20:], (activity, request)]
        fault, self.fault = self.fault, None
        if fault and fault.kind == "rolled back":
            self.database.crash_in = fault.nth
        try:
            step = {"activity_id": str(next(self._numbers)), "scheduled_time": self.now}
            step["workflow_run_id"] = run_id
            result = self._try(activity, request, step)
            if fault and fault.kind == "repeated":
                result = self._try(activity, request, step, 11)
        finally:
            self.database.crash_in = 0
        return result

    def _try(
        self,
        activity: Callable[[Any], Any],
        request: Any,
        step: dict[str, Any],
        first: int = 1,
    ) -> Any:
        for attempt in range(first, first + 10):
            try:
                return self._attempt(activity, request, step, attempt)
            except (Crash, ApplicationError) as error:
                if isinstance(error, ApplicationError) and error.non_retryable:
                    raise
                self.now += timedelta(minutes=2)
        return None

    def _attempt(
        self,
        activity: Callable[[Any], Any],
        request: Any,
        step: dict[str, Any],
        attempt: int,
    ) -> Any:
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(
            environment.info,
            **step,
            started_time=self.now,
            attempt=attempt,
            start_to_close_timeout=timedelta(minutes=1),
        )
        try:
            return environment.run(activity, request)
        finally:
            self._after_call()

    # ---- runs ----

    def start(self, partner_id: str) -> None:
        """Start the partner's workflow, unless it runs."""
        if partner_id in self.runs:
            return
        run_id = f"run-{next(self._numbers)}"
        opening = self.call(self.cases.open_case, PartnerRef(partner_id), run_id)
        if opening is not None and opening.case is not None:
            self.runs[partner_id] = Run(partner_id, opening.case, run_id, opening.continued)

    def lose(self, partner_id: str) -> None:
        """The run ends without a trace, as after a terminate or a restore of Temporal."""
        self.runs.pop(partner_id, None)

    def work(self, partner_id: str) -> None:
        """Take the partner's steps until there is nothing to do but wait."""
        run = self.runs.get(partner_id)
        if run is None or not run.is_woken(self.now):
            return
        run.wake_at = []
        for _ in range(AT_ONCE):
            self._advance(run)
            run.notice_changed = False
            if run.case.status is CaseStatus.CLOSED:
                del self.runs[partner_id]
                return
            if run.wake_at and not run.is_woken(self.now):
                return
        raise AssertionError(f"{partner_id}: no end after {AT_ONCE} steps: {run.case}")

    def order(
        self, partner_id: str, activity: Callable[[Any], Any], order: PersonsOrder
    ) -> str | None:
        """A person's command, as an update gives it; None, or why it was refused."""
        run = self.runs.get(partner_id)
        if run is None:
            return "no workflow runs"
        if run.deciding or run.case.outcome is not None:
            return "the case is being closed"
        try:
            self._change(run, activity, on_case(order, run.case.case_id))
        except ApplicationError as error:
            return error.message
        run.wake_at = []
        return None

    def tell_what_was_done(self, partner_id: str) -> None:
        """The workflow that tells a partner of what people did without a case."""
        untold = self.call(self.interventions.next_untold, PartnerRef(partner_id))
        if untold is not None and untold.next is not None:
            self.call(self.telling.tell_intervention, untold.next)

    # ---- the workflow's steps ----

    def _change(self, run: Run, activity: Callable[[Any], Any], request: Any) -> None:
        case = self.call(activity, request, run.run_id)
        if case is not None:
            run.case = case

    def _send(self, run: Run, request: SendNotice) -> Sending:
        sent = self.call(self.notices.send_notice, request, run.run_id)
        if sent is None:
            return Sending.UNKNOWN
        run.case = sent.case
        return Sending(sent.result)

    def _tell(self, run: Run) -> list[Sending]:
        """What people did about the case; what became of each notice."""
        results = []
        for telling in run.case.to_tell:
            told = self.call(self.telling.tell_intervention, telling, run.run_id)
            if told is not None and told.case is not None:
                run.case = told.case
            results.append(Sending(told.result) if told else Sending.UNKNOWN)
        return results

    def _wait_if_unsent(self, run: Run, *results: Sending) -> bool:
        waits = [result for result in results if result in MAIL_WAITS]
        if waits:
            self._wait_for_mail(run, waits[0])
        return bool(waits)

    def _wait(self, run: Run, *moments: datetime) -> None:
        run.wake_at = [*moments, *(alarm.at for alarm in grace_alarms(run.case, self.now))]
        assert run.wake_at, f"waits for nothing: {run.case}"

    def _wait_for_mail(self, run: Run, result: Sending) -> None:
        if result in MAIL_WAITS:
            unknown = result is Sending.UNKNOWN
            pauses = [alarm.at for alarm in pause_alarms(run.case)]
            self._wait(run, self.now + timedelta(hours=1 if unknown else 24), *pauses)

    def _advance(self, run: Run) -> None:
        match run.case.status:
            case CaseStatus.OPENED:
                self._warn(run)
            case CaseStatus.IN_GRACE:
                self._watch_grace(run)
            case CaseStatus.DECIDING:
                self._apply(run)
            case CaseStatus.ON_HOLD:
                self._keep_on_hold(run)
            case CaseStatus.DECIDED:
                self._tell_and_close(run)

    def _warn(self, run: Run) -> None:
        run.numbers_changed = False
        result = self._send(run, SendNotice(run.case.case_id, run.case.notice_kind))
        if run.case.status is CaseStatus.OPENED:
            self._wait_for_mail(run, result)

    def _watch_grace(self, run: Run) -> None:
        case = run.case
        if decision_is_due(case, self.now) or has_recovered(case, self.now):
            self._decide(run)
        elif run.numbers_changed:
            self._look(run)
        elif (due := due_notices(case, self.now)) or case.to_tell:
            results = [self._send(run, request) for request in due]
            self._wait_if_unsent(run, *results, *self._tell(run))
        else:
            self._wait(run)

    def _look(self, run: Run) -> None:
        run.numbers_changed = False
        self._change(run, self.cases.assess_case, CaseRef(run.case.case_id))

    def _decide(self, run: Run) -> None:
        run.numbers_changed = False
        run.deciding = True
        self._change(run, self.cases.decide_case, CaseRef(run.case.case_id))
        run.deciding = run.case.status is CaseStatus.DECIDING
        if run.case.status is CaseStatus.IN_GRACE and decision_is_due(run.case, self.now):
            assert run.case.feed_wait_until is not None
            self._wait(run, run.case.feed_wait_until)

    def _apply(self, run: Run) -> None:
        run.numbers_changed = False
        run.deciding = True
        request = ApplyOutcome(run.case.case_id, run.case.revision)
        self._change(run, self.cases.apply_outcome, request)
        run.deciding = run.case.status is CaseStatus.DECIDED
        if run.case.status is CaseStatus.DECIDING:
            self._wait_for_mail(run, Sending.STOPPED)

    def _keep_on_hold(self, run: Run) -> None:
        case = run.case
        if run.numbers_changed:
            self._look(run)
        elif case.resume_at is not None and self.now >= case.resume_at:
            self._change(run, self.commands.end_pause, CaseRef(case.case_id))
        elif case.to_tell:
            self._wait_if_unsent(run, *self._tell(run))
        elif case.staff_notice_at is not None and self.now >= case.staff_notice_at:
            number = case.hold_notices + 1
            request = SendNotice(case.case_id, NoticeKind.ON_HOLD, hold_notice=number)
            self._wait_if_unsent(run, self._send(run, request))
        else:
            self._wait(run, *(alarm.at for alarm in hold_alarms(case)))

    def _tell_and_close(self, run: Run) -> None:
        run.numbers_changed = False
        run.deciding = True
        case = run.case
        if case.to_tell and self._wait_if_unsent(run, *self._tell(run)):
            return
        if case.closing_notice is not None:
            request = SendNotice(case.case_id, case.closing_notice)
            if self._wait_if_unsent(run, self._send(run, request)):
                return
        self._change(run, self.cases.close_case, CaseRef(case.case_id))
