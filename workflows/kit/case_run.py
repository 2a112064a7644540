"""What one run does with its case: steps, mail, waiting and people's commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError

from partners.domain.cases.case import CaseStatus
from partners.domain.cases.commands import Command
from partners.domain.cases.view import CaseView, SendNotice, Telling
from partners.domain.mail.view import Sending
from partners.domain.overrides.override import why_too_far, why_unsigned
from workflows.kit import mail_waits, options, timeline
from workflows.kit.alarms import Alarm
from workflows.kit.commands import CommandQueue, SignedCommand, on_case
from workflows.kit.engine import Engine
from workflows.kit.moments import grace_alarms, pause_alarms

ONE_DAY = timedelta(days=1)
"""A program day."""
ONE_HOUR = timedelta(hours=1)
"""Of program time."""

WHY_MAIL_WAITS = mail_waits.WHY | {
    Sending.WAITING: "waiting for a person to send the message and mark it as sent",
}


class CaseRun:
    """The case as last seen, and what has happened since: signals, commands, alarms."""

    def __init__(self, engine: Engine) -> None:
        self.seen: CaseView | None = None
        self.commands = CommandQueue()
        self.numbers_changed = False  # cleared before a step looks, so that no signal is lost
        self.notice_changed = False
        self.deciding = False  # commands are refused (rule 17)
        self._engine = engine
        self._put_off_until: datetime | None = None
        self._shown: tuple[str, str, datetime | None] | None = None

    @property
    def case(self) -> CaseView:
        assert self.seen is not None
        return self.seen

    def now(self) -> datetime:
        """Program time."""
        return self.case.clock.program_time(self._engine.now())

    # ---- steps and mail ----

    async def step(self, activity: Callable[..., Any], request: Any, summary: str) -> Any:
        """Run one activity on the database; it is retried for as long as it takes."""
        return await self._engine.step(activity, request, summary)

    async def change(self, activity: Callable[..., Any], request: Any, summary: str) -> None:
        """Run a step that changes the case, and see what it has become."""
        self.see(await self.step(activity, request, summary))

    async def send(self, request: SendNotice) -> Sending:
        """Send a notice, and see what the case has become."""
        sent = await self._engine.send(request, timeline.send_summary(self.case, request))
        self.see(sent.case)
        if sent.until is not None:
            self._put_off_until = sent.until
        return sent.result

    async def tell(self) -> list[Sending]:
        """Tell the partner what people did about the case; what became of each notice."""
        return [await self._tell(telling) for telling in self.case.to_tell]

    async def _tell(self, telling: Telling) -> Sending:
        told = await self._engine.tell(telling)
        if told.case is not None:
            self.see(told.case)
        if told.until is not None:
            self._put_off_until = told.until
        return told.result

    def see(self, case: CaseView) -> None:
        """Take in the case as it now stands, and show it."""
        self.seen = case
        self._engine.say(timeline.details(case))
        shown = (case.current_tier or "none", case.standing, case.deadline_at)
        if case.status is CaseStatus.OPENED or shown == self._shown:
            return
        # Only where they differ: each update is an event in a history that lasts for months.
        self._shown = shown
        updates: list[SearchAttributeUpdate[Any]] = [
            options.PARTNER_TIER.value_set(shown[0]),
            options.PARTNER_STANDING.value_set(shown[1]),
        ]
        if case.deadline_at is not None:
            # The last second of the day, so that the list shows the date that the mails state.
            last = case.deadline_at - timedelta(seconds=1)
            updates.append(options.GRACE_DEADLINE.value_set(last))
        self._engine.file_under(updates)

    # ---- waiting ----

    async def wait(self, alarms: list[Alarm], why: str = "") -> None:
        """Sleep until an alarm, a signal or a command; the caller then looks at the state anew."""
        self._engine.say(timeline.details(self.case, why))
        await self._engine.wait(alarms, self.case.clock, self._is_woken)
        # After the wait: a message may be marked as sent before the step that sends it has ended,
        # and the wait that follows must then end at once.
        self.notice_changed = False

    def _is_woken(self) -> bool:
        return self.numbers_changed or self.notice_changed or self.commands.pending

    async def wait_for_mail(self, result: Sending) -> None:
        """Wait until a message was marked as sent, mail goes again, or something was learned of
        the message; look at least once a day, or once an hour for what is unknown.

        Comes back at once for a result that leaves nothing to wait for.
        """
        if why := WHY_MAIL_WAITS.get(result):
            now = self.now()
            look_at = now + (ONE_HOUR if result is Sending.UNKNOWN else ONE_DAY)
            if result is Sending.WAITING and self.case.day_ends_at is not None:
                look_at = self.case.day_ends_at
            if result is Sending.PUT_OFF:
                look_at = self._put_off_until or look_at
            others = [*grace_alarms(self.case, now), *pause_alarms(self.case)]
            await self.wait([Alarm(look_at, why), *others], why)

    async def wait_if_unsent(self, *results: Sending) -> bool:
        """Wait where a notice has to be sent again, or is unknown. Whether there was such a one."""
        for result in results:
            if self._engine.why_again(result):
                await self.wait_for_mail(result)
                return True
        return False

    # ---- people's commands ----

    def why_refused(self) -> str | None:
        """Why a command cannot be carried out now; None if it can."""
        if self.seen is None:
            return "no case is open"
        if self.deciding or self.case.outcome is not None:
            return f"the case is being closed. {timeline.state_of(self.case)}"
        return None

    def check(self, command: SignedCommand) -> None:
        """Refuse a command before it leaves a trace."""
        refusal = why_unsigned(command.who, command.reason) or self.why_refused()
        if refusal is None and isinstance(command, Command):
            refusal = why_too_far(command.until, self.now().date())
        if refusal is not None:
            raise ApplicationError(f"refused: {refusal}")

    async def obey(self) -> None:
        """Carry out the commands that wait, in the order in which they came."""
        while (waiting := self.commands.next()) is not None:
            if refusal := self.why_refused():
                waiting.refuse(refusal)
                continue
            command, case_id = waiting.command, self.case.case_id
            try:
                request, summary = on_case(command, case_id), f"{waiting.name} by {command.who}"
                await self.change(waiting.activity, request, summary)
                waiting.answer(timeline.state_of(self.case))
            except ActivityError as error:
                if self._engine.is_cancelled(error):
                    waiting.refuse("the case was cancelled meanwhile")
                    raise  # else the cancellation, which comes once, would be lost
                waiting.refuse(error.cause)
