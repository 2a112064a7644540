"""Records histories of reviews: `python -m tests.workflows.record_review_histories`.

As `record_histories` does for cases: each story is played under time skipping and its history
written to `histories/review/<story>.json`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from temporalio.client import WorkflowHandle

from partners.domain.reviews.review import ReviewKind
from tests.workflows.conftest import World, signed
from tests.workflows.record_histories import HISTORIES, main
from workflows.kit.options import TASK_QUEUE
from workflows.review import ProgramReview, ReviewInput, ReviewResult

REVIEW_HISTORIES = HISTORIES / "review"
Handle = WorkflowHandle[ProgramReview, ReviewResult]


async def _start(world: World, kind: ReviewKind) -> Handle:
    return await world.client.start_workflow(
        ProgramReview.run, ReviewInput(kind), id="review/recorded", task_queue=TASK_QUEUE
    )


async def monthly(world: World) -> Handle:
    world.too_few_orders()
    world.covered()
    handle = await _start(world, ReviewKind.MONTHLY)
    await handle.result()
    return handle


async def daily(world: World) -> Handle:
    world.too_few_orders()
    world.covered()
    handle = await _start(world, ReviewKind.DAILY)
    await handle.result()
    return handle


async def daily_over_the_guard(world: World) -> Handle:
    handle = await _held(world, ReviewKind.DAILY)
    await handle.execute_update(ProgramReview.approve, signed())
    await handle.result()
    return handle


async def quarterly(world: World) -> Handle:
    world.too_few_orders()
    world.covered()
    handle = await _start(world, ReviewKind.QUARTERLY)
    await handle.result()
    return handle


async def refused(world: World) -> Handle:
    world.too_few_orders()
    handle = await _start(world, ReviewKind.MONTHLY)
    await handle.result()
    return handle


async def _held(world: World, kind: ReviewKind = ReviewKind.MONTHLY) -> Handle:
    for n in range(8):
        world.too_few_orders(f"p{n}")
    world.covered()
    handle = await _start(world, kind)
    while not (await handle.query(ProgramReview.show_progress)).step.startswith("waiting"):
        await asyncio.sleep(0.05)
    return handle


async def approved_after_a_wait(world: World) -> Handle:
    handle = await _held(world)
    await world.env.sleep(36 * 3600)
    await handle.execute_update(ProgramReview.approve, signed())
    await handle.result()
    return handle


async def rejected(world: World) -> Handle:
    handle = await _held(world)
    await handle.execute_update(ProgramReview.reject, signed())
    await handle.result()
    return handle


REVIEW_STORIES: dict[str, Callable[[World], Awaitable[Handle]]] = {
    story.__name__: story
    for story in (
        monthly,
        daily,
        daily_over_the_guard,
        quarterly,
        refused,
        approved_after_a_wait,
        rejected,
    )
}


if __name__ == "__main__":
    main(REVIEW_STORIES, REVIEW_HISTORIES)
