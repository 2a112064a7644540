"""A case's workflow without a server: its own code, whose questions to Temporal go to the test.

`Played` holds a run that stands still at a question: an activity to run, or a wait. The test
answers when it likes and as it likes, and so decides how time, mail and crashes go.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from datetime import datetime
from types import coroutine
from typing import Any

from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError

from activities.interventions import InterventionNoticeActivities
from activities.notices import NoticeActivities
from partners.domain.case_view import (
    GracePeriodInput,
    GracePeriodResult,
    Sending,
    SendNotice,
    Sent,
    Telling,
    Told,
)
from partners.domain.clock import ProgramClock
from workflows import mail_waits
from workflows.alarms import Alarm
from workflows.case_run import CaseRun
from workflows.commands import PersonsOrder, Waiting
from workflows.engine import Engine
from workflows.grace_period import GracePeriod


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
    is_woken: Callable[[], bool]

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

    def say(self, details: str) -> None:
        self.details = details

    def file_under(self, updates: list[SearchAttributeUpdate[Any]]) -> None:
        """There are no lists."""

    def is_long(self) -> bool:
        return self.long

    async def start_afresh(self, request: GracePeriodInput) -> None:
        raise Afresh


class Played:
    """One run of a case's workflow, standing still at a question."""

    def __init__(self, partner_id: str, now: Callable[[], datetime]) -> None:
        self.partner_id = partner_id
        self.engine = PlayedEngine(now)
        self.workflow = GracePeriod(GracePeriodInput(partner_id))
        self.workflow._engine = self.engine
        self.workflow._run = self.run = CaseRun(self.engine)
        self._steps: Coroutine[Any, Any, GracePeriodResult] = self.workflow._see_through()
        self.result: GracePeriodResult | None = None
        self.at: Call | Waits | None = self._steps.send(None)

    def answer(self, answer: Any = None) -> None:
        """Answer the question, and let the run go on to the next one or to its end."""
        try:
            self.at = self._steps.send(answer)
        except StopIteration as end:
            self.at, self.result = None, end.value

    def fail(self, error: ApplicationError) -> None:
        """The activity fails for good, as one does that refuses a command."""
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
        try:
            self.at = self._steps.throw(failed)
        except StopIteration as end:
            self.at, self.result = None, end.value

    def command(self, name: str, activity: Callable[..., Any], order: PersonsOrder) -> Waiting:
        """A person's command as an update gives it; raises ApplicationError where the validator
        refuses it."""
        self.run.check(order)
        return self.run.commands.put(name, activity, order)
