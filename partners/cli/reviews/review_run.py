"""Starting or joining the workflow of a review, and following it until it is done, or held."""

from __future__ import annotations

import asyncio

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from partners.cli import common
from partners.domain.reviews.review import Period, ReviewStatus
from partners.domain.reviews.view import Progress
from partners.errors import UserError
from partners.temporal.running import RunningCases
from workflows.kit.options import TASK_QUEUE, review_workflow_id
from workflows.review import ProgramReview, ReviewInput, ReviewResult

LOOK_SECONDS = 10.0
"""How long it may take until a worker has begun."""

ReviewHandle = WorkflowHandle[ProgramReview, ReviewResult]


async def run(client: Client, period: Period, claimed_by: str | None, wait: bool) -> str:
    """Start the review, or join the one that runs; says how far it came."""
    handle = await _joined(client, claimed_by) or await _started(client, period)
    if not wait:
        return f"{period.review_id} runs as the workflow {handle.id}"
    shown, other = await _followed(handle)
    if other is not None:  # another run was faster to claim the period
        shown, _ = await _followed(client.get_workflow_handle_for(ProgramReview.run, other))
    return shown


async def _followed(handle: ReviewHandle) -> tuple[str, str | None]:
    """How far a run came; and the workflow that has the period, if that is another's."""
    result = asyncio.ensure_future(handle.result())
    try:
        shown = await _watch(handle, result)
    except WorkflowFailureError as error:
        cause = getattr(error.cause, "cause", None) or error.cause
        raise UserError(str(cause)) from error
    finally:
        result.cancel()
    if not result.done() or result.cancelled():
        return shown, None
    ended = result.result()
    is_left = ended.status in (ReviewStatus.RUNNING, ReviewStatus.WAITING)
    return shown, ended.claimed_by if is_left and ended.claimed_by != handle.id else None


async def _joined(client: Client, claimed_by: str | None) -> ReviewHandle | None:
    """The run that has the period, if it still runs."""
    if claimed_by is None or not await RunningCases(client).is_running(claimed_by):
        return None
    return client.get_workflow_handle_for(ProgramReview.run, claimed_by)


async def _started(client: Client, period: Period) -> ReviewHandle:
    return await client.start_workflow(
        ProgramReview.run,
        ReviewInput(period.kind, period.name),
        id=review_workflow_id(period.review_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"{period.kind.capitalize()} review {period.name}",
        static_details="Judge everybody, start cases. See the current details.",
    )


async def _watch(handle: ReviewHandle, result: asyncio.Future[ReviewResult]) -> str:
    """Print each step on stderr until the review is done, or waits for a person."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + LOOK_SECONDS
    shown = ""
    while not result.done():
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                progress: Progress = await handle.query(ProgramReview.show_progress)
        except TimeoutError:
            progress = Progress()
        if progress.review_id:
            give_up = loop.time() + 3600
            if progress.step != shown:
                shown = progress.step
                common.err.print(f"{progress.review_id}: {shown}")
            if shown.startswith("waiting"):
                return (
                    f"{progress.review_id} is {shown}\n"
                    f"see: partners guard list; then: partners guard approve {progress.review_id}"
                )
        elif loop.time() > give_up:
            raise UserError(
                f"the workflow {handle.id} was started, but no worker has taken it within "
                f"{LOOK_SECONDS:.0f} seconds; is one running? (python worker.py)"
            )
        await asyncio.wait([result], timeout=0.3)
    ended = await result
    return f"{ended.review_id}: {ended.status}" + (f", {ended.detail}" if ended.detail else "")
