"""A case's workflow without a server: its own code, whose questions to Temporal go to the test.

`Played` holds a run that stands still at a question: an activity to run, or a wait. The test
answers when it likes and as it likes, and so decides how time, mail and crashes go.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from datetime import datetime
from types import coroutine
from typing import Any

from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import (
    ActivityError,
    FailureError,
    is_cancelled_exception,
)

from activities.cases.notice_activities import NoticeActivities
from activities.overrides.intervention_activities import InterventionNoticeActivities
from partners.domain.cases.view import (
    GracePeriodInput,
    GracePeriodResult,
    SendNotice,
    Sent,
    Telling,
    Told,
)
from partners.domain.mail.view import Sending
from partners.domain.time.clock import ProgramClock
from workflows.grace_period import GracePeriod
from workflows.kit import mail_waits
from workflows.kit.alarms import Alarm
from workflows.kit.case_run import CaseRun
from workflows.kit.commands import SignedCommand, Waiting
from workflows.kit.engine import Engine


@dataclass(frozen=True)
class Call:
    """The run asks for an activity."""

    activity: Callable[..., Any]
    request: Any
    summary: str = ""


@dataclass(frozen=True)
class Waits:
    """The run sleeps until an alarm rings or something has happened."""

    alarms: list[Alarm]
    is_woken: Callable[[], bool] = field(repr=False, compare=False)

    def is_over(self, now: datetime) -> bool:
        return self.is_woken() or any(alarm.at <= now for alarm in self.alarms)


class Afresh(Exception):
    """The run ends here, and a new one goes on with the case."""


@coroutine
def _ask(question: Call | Waits) -> Generator[Call | Waits, Any, Any]:
    return (yield question)


class PlayedEngine(Engine):
    """Hands every question over; there is no server."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.details = ""
        self.filed: dict[str, Any] = {}
        self.long = False

    def now(self) -> datetime:
        return self._now()

    async def step(self, activity: Callable[..., Any], request: Any, summary: str) -> Any:
        return await _ask(Call(activity, request, summary))

    async def send(self, request: SendNotice, summary: str) -> Sent:
        sent: Sent = await _ask(Call(NoticeActivities.send_notice, request, summary))
        return sent

    async def tell(self, what: Telling) -> Told:
        told: Told = await _ask(Call(InterventionNoticeActivities.tell_intervention, what))
        return told

    async def wait(
        self, alarms: list[Alarm], clock: ProgramClock, is_woken: Callable[[], bool]
    ) -> None:
        await _ask(Waits(alarms, is_woken))

    def why_again(self, result: Sending) -> str | None:
        return mail_waits.WHY.get(result)

    def is_cancelled(self, error: ActivityError) -> bool:
        return is_cancelled_exception(error)

    def say(self, details: str) -> None:
        self.details = details

    def file_under(self, updates: list[SearchAttributeUpdate[Any]]) -> None:
        self.filed |= {update.key.name: update.value for update in updates}

    def is_long(self) -> bool:
        return self.long

    async def start_afresh(self, request: GracePeriodInput) -> None:
        raise Afresh


class Played:
    """One run of a case's workflow, standing still at a question.

    It keeps what it was told and when, so that a copy can be told the same: as a worker does that
    takes a run over.
    """

    def __init__(self, partner_id: str, now: Callable[[], datetime], run_id: str = "run-1") -> None:
        self.partner_id = partner_id
        self.run_id = run_id
        self.engine = PlayedEngine(now)
        self.workflow = GracePeriod(GracePeriodInput(partner_id))
        self.workflow._engine = self.engine
        self.workflow._run = self.run = CaseRun(self.engine)
        self.result: GracePeriodResult | None = None
        self._now = now
        self._told: list[tuple[datetime, Callable[..., Any], tuple[Any, ...]]] = []
        self._steps: Coroutine[Any, Any, GracePeriodResult] = self.workflow._see_through()
        self.at: Call | Waits | None = self._steps.send(None)

    def __deepcopy__(self, memo: dict[int, Any]) -> Played:
        then = self._now()
        again = Played(self.partner_id, lambda: then, self.run_id)
        for at, tell, what in self._told:
            then = at
            tell(again, *what)
        again._now = again.engine._now = self._now
        return again

    def _note(self, tell: Callable[..., Any], *what: Any) -> None:
        self._told.append((self._now(), tell, what))

    def answer(self, answer: Any = None) -> None:
        """Answer the question, and let the run go on to the next one or to its end."""
        self._note(Played.answer, answer)
        self._go_on(self._steps.send, answer)

    def fail(self, error: FailureError) -> None:
        """The activity fails for good, as one does that refuses a command, or is cancelled."""
        self._note(Played.fail, error)
        failed = ActivityError(
            "failed",
            scheduled_event_id=1,
            started_event_id=2,
            identity="tests",
            activity_type="",
            activity_id="1",
            retry_state=None,
        )
        failed.__cause__ = error
        self._go_on(self._steps.throw, failed)

    def _go_on(self, go_on: Callable[[Any], Call | Waits], what: Any) -> None:
        try:
            self.at = go_on(what)
        except StopIteration as end:
            self.at, self.result = None, end.value

    # ---- what comes from outside ----

    def command(self, name: str, activity: Callable[..., Any], command: SignedCommand) -> Waiting:
        """A person's command as an update gives it; raises ApplicationError where the validator
        refuses it."""
        self.run.check(command)
        self._note(Played.command, name, activity, command)
        return self.run.commands.put(name, activity, command)

    def metrics_changed(self) -> None:
        self._note(Played.metrics_changed)
        self.workflow.metrics_changed()

    def notice_changed(self) -> None:
        self._note(Played.notice_changed)
        self.workflow.notice_changed()

    def gets_long(self) -> None:
        """From here on the history is long enough for a new run to begin."""
        self._note(Played.gets_long)
        self.engine.long = True
