"""The daily watch on a server that runs many cases: `python -m bench.watch_server [--cases N]`.

N cases are open in the database, and N workflows run on a real dev server (no worker looks after
them, so all they do is be there). The watch's activity lists them all, looks at each case, and
signals the one in a hundred that has news. The floor is the bare calls to the server: the same
list, and as many signals, ten at a time. Heartbeats are counted: the longest silence between two
is to stay far below the 30 seconds after which the server would try elsewhere.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.pages import side_by_side
from activities.reviews.case_activities import ReviewCaseActivities
from activities.services import Services
from bench.common import Row, finish, said
from bench.watch import NEWS_EACH, fill
from partners.domain.reviews.view import ReviewRef
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.transport import OutboxTransport
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.temporal.running import LISTED, RUNNING_CASES, RunningCases
from workflows.kit.options import SEARCH_ATTRIBUTES

HEARTBEAT_SECONDS = 30


async def start_all(running: RunningCases, partner_ids: list[str]) -> None:
    await side_by_side(partner_ids, running.start)


async def floor(client: Client, running: RunningCases, told: list[str]) -> float:
    """Seconds for the bare list and the bare signals."""
    started = time.perf_counter()
    async for _ in client.list_workflows(RUNNING_CASES, page_size=LISTED):
        pass
    await side_by_side(told, running.tell)
    return time.perf_counter() - started


async def watch(services: Services, running: RunningCases) -> tuple[float, int, float]:
    """Seconds of the activity, how many cases it told, and its longest silence in seconds."""
    environment, beats = ActivityEnvironment(), [time.perf_counter()]
    environment.on_heartbeat = lambda *_: beats.append(time.perf_counter())
    started = time.perf_counter()
    activities = ReviewCaseActivities(services, running)
    told: int = await environment.run(activities.tell_cases, ReviewRef("daily/bench"))
    beats.append(time.perf_counter())
    silence = max(after - before for before, after in pairwise(beats))
    return time.perf_counter() - started, told, silence


async def compare(cases: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-watch-server-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'partners.db'}"
        with said(f"{cases:,} open cases"):
            fill(url, cases)
        database, settings = Database(url), Settings(_env_file=None)
        services = Services(
            database, ProgramClock(), Renderer(settings.templates), OutboxTransport(True)
        )
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
            dev_server_database_filename=str(folder / "temporal.db"),
            dev_server_log_level="error",
            data_converter=pydantic_data_converter,
            search_attributes=list(SEARCH_ATTRIBUTES),
        ) as env:
            running = RunningCases(env.client)
            ids = [f"p{number:06d}" for number in range(cases)]
            with said(f"{cases:,} workflows"):
                await start_all(running, ids)
            bare = await floor(env.client, running, ids[::NEWS_EACH])
            ours, told, silence = await watch(services, running)
        database.close()
    assert told == len(ids[::NEWS_EACH]), f"told {told}"
    remark = f"{ours:.1f} s, floor {bare:.1f} s"
    return [
        Row("watch on a server with many cases", ours / bare, 3, remark=remark),
        Row("longest silence between heartbeats", silence, HEARTBEAT_SECONDS / 3, "s"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    return finish(asyncio.run(compare(parser.parse_args().cases)))


if __name__ == "__main__":
    sys.exit(main())
