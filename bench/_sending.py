"""The workflow that `bench.sending` keeps a mail worker busy with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.mail.staff_notice_activities import StaffNoticeActivities
    from partners.domain.mail.notices import NoticeKind
    from partners.domain.mail.staff_notice import StaffNotice
    from workflows.kit.options import MAIL_TASK_QUEUE, SEND_TIMEOUT


@dataclass(frozen=True)
class Batch:
    """Which messages: `bench/<name>/<number>`; so many at a time are on the queue."""

    name: str
    count: int
    at_once: int


def notice(name: str, number: int) -> StaffNotice:
    """One message of a batch; its key is its own."""
    return StaffNotice(f"bench/{name}/{number}", NoticeKind.GUARD, review_id="monthly/2026-10")


@workflow.defn
class SendAll:
    """Sends a batch, with always enough on the queue for the worker."""

    @workflow.run
    async def run(self, batch: Batch) -> None:
        turns = asyncio.Semaphore(batch.at_once)

        async def send(number: int) -> None:
            async with turns:
                await workflow.execute_activity_method(
                    StaffNoticeActivities.send_staff_notice,
                    notice(batch.name, number),
                    task_queue=MAIL_TASK_QUEUE,
                    start_to_close_timeout=SEND_TIMEOUT,
                    schedule_to_close_timeout=timedelta(minutes=10),
                )

        await asyncio.gather(*(send(number) for number in range(batch.count)))
