"""The way to the workflows that tell partners of prices that rise."""

from __future__ import annotations

from datetime import date

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from partners.temporal.running import LISTED, signal
from workflows.kit import options
from workflows.offers import price_change

RUNNING = 'WorkflowType = "PriceChange" AND ExecutionStatus = "Running"'


async def start(client: Client, price_id: int, day: date) -> None:
    """Have partners told of a price from a day on; what runs already is left alone."""
    await client.start_workflow(
        price_change.PriceChange.run,
        price_change.PriceChangeInput(price_id, day),
        id=options.price_workflow_id(price_id, day),
        task_queue=options.TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=price_change.static_summary(price_id, day),
        static_details=price_change.STATIC_DETAILS,
    )


async def mail_goes(client: Client) -> None:
    """Mail goes again."""
    try:
        async for found in client.list_workflows(RUNNING, page_size=LISTED):
            await signal(client, found.id, price_change.PriceChange.notice_changed)
    except RPCError as error:
        if error.status != RPCStatusCode.UNIMPLEMENTED:  # the server that skips time
            raise
