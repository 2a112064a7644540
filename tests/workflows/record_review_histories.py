"""Records histories of reviews: `python -m tests.workflows.record_review_histories`.

As `record_histories` does for cases: each story is played under time skipping and its history
written to `histories/review/<story>.json`.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from temporalio.client import WorkflowHandle

from partners.domain.review import ReviewKind
from tests.workflows.conftest import World, order
from tests.workflows.record_histories import HISTORIES, new_world
from workflows.options import TASK_QUEUE
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


async def _held(world: World) -> Handle:
    for n in range(8):
        world.too_few_orders(f"p{n}")
    world.covered()
    handle = await _start(world, ReviewKind.MONTHLY)
    while not (await handle.query(ProgramReview.show_progress)).step.startswith("waiting"):
        await asyncio.sleep(0.05)
    return handle


async def approved_after_a_wait(world: World) -> Handle:
    handle = await _held(world)
    await world.env.sleep(36 * 3600)
    await handle.execute_update(ProgramReview.approve, order())
    await handle.result()
    return handle


async def rejected(world: World) -> Handle:
    handle = await _held(world)
    await handle.execute_update(ProgramReview.reject, order())
    await handle.result()
    return handle


REVIEW_STORIES: dict[str, Callable[[World], Awaitable[Handle]]] = {
    story.__name__: story
    for story in (monthly, daily, quarterly, refused, approved_after_a_wait, rejected)
}


async def main() -> None:
    REVIEW_HISTORIES.mkdir(parents=True, exist_ok=True)
    for name, story in REVIEW_STORIES.items():
        folder = Path(tempfile.mkdtemp(prefix="history-"))
        async with new_world(folder) as world:
            handle = await story(world)
            history = await handle.fetch_history()
        shutil.rmtree(folder)
        content = json.dumps(history.to_json_dict(), indent=1)
        path = REVIEW_HISTORIES / f"{name}.json"
        path.write_text(content.replace(socket.gethostname(), "host") + "\n")
        sys.stdout.write(f"{path.name}: {len(history.events)} events\n")
    await asyncio.sleep(0.2)  # see sdk-python #300


if __name__ == "__main__":
    asyncio.run(main())
