"""The floor of bench.cases: what `GracePeriod` asks of the server until warned, doing nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import activity, workflow

from workflows.kit import options


@activity.defn
def noop_step(partner_id: str) -> None:
    """Stands for opening the case."""


@activity.defn
def noop_mail(partner_id: str) -> None:
    """Stands for the warning."""


@workflow.defn
class Noop:
    """Two activities on the same two queues, one upsert of three attributes, three timers."""

    @workflow.run
    async def run(self, partner_id: str) -> None:
        await workflow.execute_activity(
            noop_step,
            partner_id,
            task_queue=options.TASK_QUEUE,
            start_to_close_timeout=options.STEP_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="check against the standards",
        )
        await workflow.execute_activity(
            noop_mail,
            partner_id,
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="e-mail: warning",
        )
        workflow.upsert_search_attributes(
            [
                options.PARTNER_TIER.value_set("preferred"),
                options.PARTNER_STANDING.value_set("in_grace"),
                options.GRACE_DEADLINE.value_set(datetime.fromisoformat("2035-04-20T00:00:00Z")),
            ]
        )
        await asyncio.gather(
            *(workflow.sleep(timedelta(days=days), summary="a timer") for days in (45, 42, 31))
        )
