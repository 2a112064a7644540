"""Starting the workflow that accrues a month, or joining it, until the month has accrued."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from partners.domain.offers.incentives.incentive_runs import RunStatus
from partners.domain.time.calendar import Month
from partners.errors import UserError
from partners.temporal.running import RunningCases
from partners.use_cases.acting import Manager
from partners.use_cases.cases.case_refusals import NoWorkerTookIt
from partners.use_cases.offers import incentives
from partners.use_cases.offers.incentives import Run
from workflows.kit.options import TASK_QUEUE, incentive_workflow_id
from workflows.offers.incentives import (
    STATIC_DETAILS,
    STATIC_SUMMARY,
    AccrualInput,
    AccrualProgress,
    AccrualResult,
    IncentiveAccrual,
)

LOOK_SECONDS = 10.0
"""How long it may take until a worker has begun."""

Handle = WorkflowHandle[IncentiveAccrual, AccrualResult]


async def accrue(
    by: Manager, month: Month, wait: bool, say: Callable[[str], None] = lambda _: None
) -> Run | None:
    """Accrue a month once; its workflow goes on until nothing of the month is held any more.

    `wait`: until it has accrued. Returns the run; None where nothing was waited for. A month that
    has accrued already is left alone.
    """
    known = incentives.known_run(by, month)
    if known is not None and known.status == RunStatus.DONE:
        return known
    client = await by.program.connect()
    if known is not None and await RunningCases(client).is_running(known.claimed_by):
        handle: Handle = client.get_workflow_handle(known.claimed_by, result_type=AccrualResult)
    else:
        handle = await client.start_workflow(
            IncentiveAccrual.run,
            AccrualInput(str(month)),
            id=incentive_workflow_id(str(month)),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"{STATIC_SUMMARY}: {month}",
            static_details=STATIC_DETAILS,
        )
    if not wait:
        return None
    await _accrued(handle, say)
    return incentives.known_run(by, month)


async def _accrued(handle: Handle, say: Callable[[str], None]) -> None:
    """Say each step until the month has accrued, or the run ends."""
    result = asyncio.ensure_future(handle.result())
    loop, shown = asyncio.get_running_loop(), AccrualProgress().words
    give_up = loop.time() + LOOK_SECONDS
    try:
        while not result.done():
            progress = await _progress(handle)
            if progress.accrued:
                return
            if progress.words != shown:
                shown, give_up = progress.words, loop.time() + 3600
                say(f"{handle.id}: {shown}")
            if loop.time() > give_up:
                raise NoWorkerTookIt(handle.id, LOOK_SECONDS)
            await asyncio.wait([result], timeout=0.3)
        result.result()
    except WorkflowFailureError as error:
        cause = getattr(error.cause, "cause", None) or error.cause
        raise UserError(str(cause)) from error
    finally:
        result.cancel()


async def _progress(handle: Handle) -> AccrualProgress:
    """As the workflow tells; before a worker has it, what it is at first."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await handle.query(IncentiveAccrual.show_progress)
    except (TimeoutError, RPCError):
        return AccrualProgress()
