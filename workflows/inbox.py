"""InboxDigest: once a day, tell staff what waits for a person, if anything does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temporalio import workflow

from activities.inbox.digest_activities import InboxActivities
from partners.domain.mail.staff_notice import StaffSent
from partners.domain.webhooks.view import SendDigest
from workflows.kit import options


@dataclass(frozen=True)
class DigestInput:
    """Which day's: when it was due, in real time; by default when the schedule meant it."""

    due_at: datetime | None = None


@workflow.defn
class InboxDigest:
    """One e-mail to staff, or none. While mail is stopped there is none: the next day has one."""

    @workflow.run
    async def run(self, request: DigestInput) -> StaffSent:
        """Send the digest of the day on which it is due."""
        info = workflow.info()
        due_at = (
            request.due_at
            or info.typed_search_attributes.get(options.SCHEDULED_AT)
            or info.start_time
        )
        sent: StaffSent = await workflow.execute_activity_method(
            InboxActivities.send_inbox_digest,
            SendDigest(due_at),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.LOOK_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="e-mail to staff: what waits for a person",
        )
        workflow.set_current_details(f"**{sent.result}** {sent.detail}".strip())
        return sent
