"""Worker processes that share the pages of one review, and runs that want the same period."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from partners.domain.reviews.review import ReviewStatus
from tests.live.conftest import UNGUARDED, Live
from tests.servers import address
from workflows.kit.options import TASK_QUEUE

RANGE_SIZE = 1_000
COUNT = 2 * RANGE_SIZE
WORKER = f"""
import activities.reviews.activities
import worker
activities.reviews.activities.RANGE_SIZE = {RANGE_SIZE}
worker.main()
"""
"""As `python worker.py`, but two ranges do not take 20,000 partners."""


@asynccontextmanager
async def worker_processes(
    live: Live, server: WorkflowEnvironment, folder: Path, count: int
) -> AsyncIterator[None]:
    """`worker.py`, so many times, each for one step at a time; until all of them poll."""
    environment = os.environ | {
        "DATABASE_URL": live.settings().database_url,
        "TEMPORAL_ADDRESS": address(server),
        "PARTNERS_MODE": "test",
        "PARTNERS_ACTIVITY_THREADS": "1",
    }
    log = (folder / "workers.log").open("wb")
    command = [sys.executable, "-c", WORKER]
    processes = [
        subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        for _ in range(count)
    ]
    try:
        async with asyncio.timeout(60):
            while await polling(live) < count:
                assert all(p.poll() is None for p in processes), (
                    folder / "workers.log"
                ).read_text()
                await asyncio.sleep(0.1)
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            await asyncio.to_thread(process.wait, 60)
        log.close()


async def polling(live: Live) -> int:
    """How many processes wait for the steps of cases and reviews."""
    described = await live.client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=live.client.namespace,
            task_queue=TaskQueue(name=TASK_QUEUE),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        )
    )
    return len({poller.identity for poller in described.pollers})


def who_ran(history: WorkflowHistory, activity: str) -> list[str]:
    """The process that ran each step of that name."""
    steps = {
        event.event_id
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_type.name == activity
    }
    started = [e.activity_task_started_event_attributes for e in history.events]
    return [s.identity for s in started if s.scheduled_event_id in steps]


async def test_two_processes_share_a_review_and_a_second_run_leaves_the_period_to_it(
    live_on_postgresql: Live, server: WorkflowEnvironment, tmp_path: Path
) -> None:
    """A process runs one step at a time, and both wait when the two ranges are handed out."""
    live = live_on_postgresql
    live.accept(guard=UNGUARDED)
    live.crowd(COUNT, below=3)
    async with worker_processes(live, server, tmp_path, 2), asyncio.timeout(120):
        runs = await asyncio.gather(live.start("review/a"), live.start("review/b"))
        results = await asyncio.gather(*(run.result() for run in runs))
        await live.eventually(lambda: live.cases("in_grace") == 3, "three are warned")

    ((mine, done),) = [
        (run, result)
        for run, result in zip(runs, results, strict=True)
        if run.id == result.claimed_by
    ]
    (left,) = [result for result in results if result is not done]
    assert (left.review_id, left.claimed_by) == (live.review_id, mine.id)
    assert left.status in (ReviewStatus.RUNNING, ReviewStatus.DONE)
    judged = live.judged()
    assert (len(judged), set(judged.values())) == (COUNT, {1})
    assert (done.status, done.counts["judged"], done.counts["below"]) == ("done", COUNT, 3)
    assert done.counts["started"] == 3
    assert set(live.mails().values()) == {1}
    ran = who_ran(await mine.fetch_history(), "judge_range")
    assert len(ran) == len(set(ran)) == 2
