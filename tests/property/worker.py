"""A worker without a server: takes the workflow's steps by calling the real activities.

The workflow's own code says which (`tests.played`). Any call may be struck by a fault, and is then
tried again, as Temporal would.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.cases.activities import CaseActivities
from activities.cases.migration_activities import MigrationActivities
from activities.cases.notice_activities import NoticeActivities
from activities.overrides.command_activities import CaseCommandActivities
from activities.overrides.intervention_activities import (
    InterventionActivities,
    InterventionNoticeActivities,
)
from activities.services import Services, who_acts
from partners.domain.cases.view import PartnerRef
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from tests.played import Afresh, Call, Played, Waits
from tests.property.faults import Crash, CrashingDatabase, Provider
from tests.property.model import START
from workflows.kit.commands import SignedCommand

RENDERER = Renderer(Path(__file__).parents[2] / "templates")
AT_ONCE = 60
"""So many steps without waiting are a loop that does not end."""


@dataclass
class Fault:
    """What strikes the next call: `rolled back` in its nth transaction, or `repeated` though it
    succeeded, for its answer was lost."""

    kind: str
    nth: int = 1


class Worker:
    """Runs of cases by partner. `after_call` is told of every call that came back, or did not."""

    def __init__(
        self, database: CrashingDatabase, provider: Provider, after_call: Callable[[], None]
    ) -> None:
        self.now = START
        self.database = database
        self.provider = provider
        self.runs: dict[str, Played] = {}
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
        of_cases = (self.cases, self.notices, self.migration, self.commands, self.telling)
        self._activities: dict[str, Any] = {type(owner).__name__: owner for owner in of_cases}
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
        run = Played(partner_id, lambda: self.now, f"run-{next(self._numbers)}")
        self._take_step(run)
        if run.result is None:
            self.runs[partner_id] = run

    def lose(self, partner_id: str) -> None:
        """The run ends without a trace, as after a terminate or a restore of Temporal."""
        self.runs.pop(partner_id, None)

    def work(self, partner_id: str) -> None:
        """Take the partner's steps until there is nothing to do but wait."""
        if (run := self.runs.get(partner_id)) is not None:
            self._go_on(run, lambda: False)

    def catch_up(self, partner_id: str) -> None:
        """Take the step that the partner's run has asked for already, and what follows; so does
        the run that follows one whose history was long."""
        while (run := self.runs.get(partner_id)) is not None and isinstance(run.at, Call):
            self._go_on(run, lambda: False)

    def command(
        self, partner_id: str, name: str, activity: Callable[[Any], Any], command: SignedCommand
    ) -> str | None:
        """A person's command, as an update gives it; None, or why it was refused."""
        run = self.runs.get(partner_id)
        if run is None:
            return "no workflow runs"
        try:
            waiting = run.command(name, activity, command)
        except ApplicationError as error:
            return error.message
        self._go_on(run, lambda: waiting.done)
        assert waiting.done, f"{name} waits for ever: {run.run.seen}"
        return waiting.refusal

    def tell_what_was_done(self, partner_id: str) -> None:
        """The workflow that tells a partner of what people did without a case."""
        untold = self.call(self.interventions.next_untold, PartnerRef(partner_id))
        if untold is not None and untold.next is not None:
            self.call(self.telling.tell_intervention, untold.next)

    def _go_on(self, run: Played, enough: Callable[[], bool]) -> None:
        for _ in range(AT_ONCE):
            if enough() or self._sleeps(run):
                return
            self._take_step(run)
            if run.result is not None:
                del self.runs[run.partner_id]
            if self.runs.get(run.partner_id) is not run:
                return
        raise AssertionError(f"no end after {AT_ONCE} steps: {run.run.seen}")

    def _sleeps(self, run: Played) -> bool:
        if not isinstance(run.at, Waits):
            return False
        assert run.at.alarms, f"waits for nothing: {run.run.seen}"
        return not run.at.is_over(self.now)

    def _take_step(self, run: Played) -> None:
        answer = None
        if isinstance(run.at, Call):
            try:
                answer = self._carry_out(run, run.at)
            except ApplicationError as refusal:
                run.fail(refusal)
                return
        try:
            run.answer(answer)
        except Afresh:
            del self.runs[run.partner_id]
            self.start(run.partner_id)

    def _carry_out(self, run: Played, call: Call) -> Any:
        owner = self._activities[call.activity.__qualname__.split(".")[0]]
        bound = getattr(owner, call.activity.__name__)
        answer = self.call(bound, call.request, run.run_id)
        assert answer is not None, f"{call.activity.__name__} failed ten times"
        return answer
