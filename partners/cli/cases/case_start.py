"""Starting or joining the workflow of a partner's case, and watching what comes of it."""

from __future__ import annotations

import asyncio

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy

from partners.domain.cases.view import GracePeriodInput, GracePeriodResult
from partners.errors import UserError
from workflows.grace_period import GracePeriod
from workflows.kit import timeline
from workflows.kit.options import TASK_QUEUE, grace_workflow_id

LOOK_SECONDS = 10.0
"""How long `start` watches for the first result."""


async def start(client: Client, partner_id: str) -> GracePeriodResult | None:
    """Start or join the partner's workflow; None if it goes on."""
    handle = await client.start_workflow(
        GracePeriod.run,
        GracePeriodInput(partner_id),
        id=grace_workflow_id(partner_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=timeline.static_summary(partner_id),
        static_details=timeline.STATIC_DETAILS,
    )
    result = asyncio.ensure_future(handle.result())
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            while not result.done():
                if await handle.query(GracePeriod.show_case) is not None:
                    return None
                await asyncio.wait([result], timeout=0.2)
            return await result
    except TimeoutError:
        raise UserError(
            f"the workflow {handle.id} was started, but no worker has taken it within "
            f"{LOOK_SECONDS:.0f} seconds; is one running? (python worker.py)"
        ) from None
    except WorkflowFailureError as error:
        raise UserError(str(error.cause)) from error
    finally:
        result.cancel()
