"""MailResolution: every few minutes, find out what became of messages that nobody knows about."""

from __future__ import annotations

from temporalio import workflow

from activities.mail.resolution_activities import ResolutionActivities
from partners.domain.mail.view import Resolve, Resolved
from workflows.kit import options

STATIC_SUMMARY = "Mail of which nobody knows whether it was sent"
STATIC_DETAILS = (
    "A provider's answer can get lost. Events and the provider's logs then tell whether the "
    "message was sent; without a trace, service mail is sent again and optional mail dropped."
)


@workflow.defn
class MailResolution:
    """Started by a Temporal Schedule. Settles what can be settled, and tells the cases."""

    @workflow.run
    async def run(self) -> Resolved:
        """Look for evidence, then tell who waits for it."""
        resolved: Resolved = await workflow.execute_activity_method(
            ResolutionActivities.resolve_unknown,
            Resolve(),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.RESOLVE_TIMEOUT,
            heartbeat_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="look for evidence of unknown messages",
        )
        # A step of its own, and always: it also tells of what a run that died had settled.
        await workflow.execute_activity_method(
            ResolutionActivities.tell_resolved,
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.STEP_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="tell the cases that wait for it",
        )
        workflow.set_current_details(
            f"{resolved.settled} settled by evidence, {resolved.lost} without a trace, "
            f"{resolved.unknown} still unknown"
        )
        return resolved
