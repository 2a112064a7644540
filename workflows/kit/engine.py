"""What the run of a case asks of Temporal: time, activities, timers, words for the timeline.

`CaseRun` and `GracePeriod` ask nothing else of it, so that tests can play whole cases, with the
workflow's own decisions, where an engine of theirs stands in for the server.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.cases.notice_activities import NoticeActivities
from partners.domain.cases.view import GracePeriodInput, SendNotice, Sent, Telling, Told
from partners.domain.mail.view import Sending
from partners.domain.time.clock import ProgramClock
from workflows.kit import mail_waits, options, steps, telling
from workflows.kit.alarms import Alarm, Alarms


class Engine:
    """Temporal, as the workflow sees it."""

    def __init__(self) -> None:
        self._alarms = Alarms()

    def now(self) -> datetime:
        """The server's time, which in a demo is not the program's."""
        return workflow.now()

    async def step(self, activity: Callable[..., Any], request: Any, summary: str) -> Any:
        """Run one activity on the database; it is retried for as long as it takes."""
        return await steps.step(activity, request, summary)

    async def send(self, request: SendNotice, summary: str) -> Sent:
        """Send a notice of the case."""
        sent: Sent = await workflow.execute_activity_method(
            NoticeActivities.send_notice,
            request,
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=summary,
        )
        return sent

    async def tell(self, what: Telling) -> Told:
        """Send the notice of what a person did."""
        return await telling.tell_person_did(what)

    async def wait(
        self, alarms: list[Alarm], clock: ProgramClock, is_woken: Callable[[], bool]
    ) -> None:
        """Sleep until an alarm rings or something has happened."""
        self._alarms.set(alarms, clock)
        await workflow.wait_condition(lambda: is_woken() or self._alarms.ringing())
        self._alarms.clear_ringing()

    def why_again(self, result: Sending) -> str | None:
        """What is waited for before a message is tried again; None: it is done with."""
        return mail_waits.why(result)

    def is_cancelled(self, error: ActivityError) -> bool:
        """Whether a step ended because the run was cancelled while it was under way.

        Asked of a command's step: older runs took that for a refusal of the command, and went on.
        """
        return is_cancelled_exception(error) and workflow.patched("cancelled-in-a-command")

    def say(self, details: str) -> None:
        """Say how things stand where the Temporal UI shows it."""
        workflow.set_current_details(details)

    def file_under(self, updates: list[SearchAttributeUpdate[Any]]) -> None:
        """Set the search attributes by which the Temporal UI lists the run."""
        workflow.upsert_search_attributes(updates)

    def is_long(self) -> bool:
        """Whether the history has grown so long that a new one should begin."""
        return workflow.info().is_continue_as_new_suggested()

    async def start_afresh(self, request: GracePeriodInput) -> None:
        """End this run, and have a new one with a short history go on."""
        # Else whoever gave a command that is answered, but has not returned, would get an error.
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(request)
