"""Starting or joining the workflow of a review, and following it until it is done, or held."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from partners.domain.reviews.review import Period, ReviewStatus
from partners.domain.reviews.view import Progress
from partners.errors import UserError
from partners.temporal.running import RunningCases
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.cases.case_refusals import NoWorkerTookIt
from partners.use_cases.reviews import review_results
from partners.use_cases.reviews.review_results import Review
from workflows.kit.options import TASK_QUEUE, review_workflow_id
from workflows.review import ProgramReview, ReviewInput, ReviewResult

LOOK_SECONDS = 10.0
"""How long it may take until a worker has begun."""

ReviewHandle = WorkflowHandle[ProgramReview, ReviewResult]


Say = Callable[[str], None]
"""Told each step of a review that is followed."""


class Stand(StrEnum):
    """How far a review came while it was followed."""

    RUNS = "runs"
    WAITS = "waits"  # for a person
    ENDED = "ended"
    ENDED_BEFORE = "ended before"


@dataclass(frozen=True)
class Ran:
    """`words`: what it waits for, or how it ended; `review`: as it stands on record."""

    stand: Stand
    review_id: str
    workflow_id: str = ""
    words: str = ""
    review: Review | None = None


def begins(by: Viewer, period: Period) -> bool:
    """Whether a review would do something: it has not ended, and waits for no answer."""
    known = review_results.known(by, period.review_id)
    return known is None or known.status not in (ReviewStatus.DONE, ReviewStatus.WAITING)


async def review(by: Manager, period: Period, wait: bool, say: Say = lambda _: None) -> Ran:
    """Judge everybody for a period and start what follows; a period is reviewed once.

    `wait`: until it is done, or held.
    """
    known = review_results.known(by, period.review_id)
    if known is not None and known.status == ReviewStatus.DONE:
        return Ran(Stand.ENDED_BEFORE, period.review_id, review=known)
    client = await by.program.connect()
    claimed_by = known.claimed_by if known is not None else None
    handle = await _joined(client, claimed_by) or await _started(client, period)
    if not wait:
        return Ran(Stand.RUNS, period.review_id, handle.id)
    ran, other = await _followed(handle, say)
    if other is not None:  # another run was faster to claim the period
        ran, _ = await _followed(client.get_workflow_handle_for(ProgramReview.run, other), say)
    return replace(ran, review=review_results.known(by, period.review_id))


async def _followed(handle: ReviewHandle, say: Say) -> tuple[Ran, str | None]:
    """How far a run came; and the workflow that has the period, if that is another's."""
    result = asyncio.ensure_future(handle.result())
    try:
        ran = await _watch(handle, result, say)
    except WorkflowFailureError as error:
        cause = getattr(error.cause, "cause", None) or error.cause
        raise UserError(str(cause)) from error
    finally:
        result.cancel()
    if not result.done() or result.cancelled():
        return ran, None
    ended = result.result()
    is_left = ended.status in (ReviewStatus.RUNNING, ReviewStatus.WAITING)
    return ran, ended.claimed_by if is_left and ended.claimed_by != handle.id else None


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


async def _watch(handle: ReviewHandle, result: asyncio.Future[ReviewResult], say: Say) -> Ran:
    """Say each step until the review is done, or waits for a person."""
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
                say(f"{progress.review_id}: {shown}")
            if progress.waits:
                return Ran(Stand.WAITS, progress.review_id, handle.id, shown)
        elif loop.time() > give_up:
            raise NoWorkerTookIt(handle.id, LOOK_SECONDS)
        await asyncio.wait([result], timeout=0.3)
    ended = await result
    words = f"{ended.status}" + (f", {ended.detail}" if ended.detail else "")
    return Ran(Stand.ENDED, ended.review_id, handle.id, words)
