"""Cases: what opening and warning one costs the worker, how many per second, and at the server.

`python -m bench.cases [--cases 200] [--runs 3]`. The floor is a workflow with the same number of
activities, timers and attribute updates that do nothing, on the same dev server (SQLite file) in
alternating runs. Each worker is a process of its own, so that its processor time is told from that
of the server and of this process. Events and billable actions are counted in the histories of real
cases, and what a case adds to the database by table.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment

from bench import _case_data
from bench._noop import Noop
from bench._processes import worker
from bench.common import Row, finish, said
from partners.domain.cases.view import GracePeriodInput
from partners.store.engine import migrate
from partners.store.engine.database import Database
from tests.workflows.record_histories import STORIES, play
from workflows.grace_period import GracePeriod
from workflows.kit.options import SEARCH_ATTRIBUTES, TASK_QUEUE, grace_workflow_id

WARM_UP = 20
"""Cases before each run's clock starts: imports, connections, caches."""

START_AT_ONCE = 20

ACTIONS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
}
"""What Temporal Cloud bills, each once; retries of an activity are counted besides."""


def _start_real(client: Client, partner_id: str) -> Awaitable[object]:
    return client.start_workflow(
        GracePeriod.run,
        GracePeriodInput(partner_id),
        id=grace_workflow_id(partner_id),
        task_queue=TASK_QUEUE,
    )


def _start_noop(client: Client, partner_id: str) -> Awaitable[object]:
    return client.start_workflow(
        Noop.run, partner_id, id=grace_workflow_id(partner_id), task_queue=TASK_QUEUE
    )


STARTS: dict[str, Callable[[Client, str], Awaitable[object]]] = {
    "noop": _start_noop,
    "real": _start_real,
}


@dataclass(frozen=True)
class Measured:
    """One run of one side."""

    rate: float  # cases per second, from the first start to the last warning
    cost: float  # milliseconds of the worker's processor time per case, user and system


@dataclass(frozen=True)
class Bench:
    """A server and a database full of partners below standards."""

    client: Client
    database: Database
    database_url: str

    async def run(self, side: str, partner_ids: Sequence[str]) -> Measured:
        """Warn partners with a worker of its own, whose first cases do not count."""
        address = self.client.service_client.config.target_host
        first, others = partner_ids[:WARM_UP], partner_ids[WARM_UP:]
        async with worker(side, address, self.database_url) as process:
            await self._start(side, first)
            _, used_before = await process.sent(len(first))
            started = time.time()
            await self._start(side, others)
            ended, used = await process.sent(len(partner_ids))
        ids = [grace_workflow_id(partner_id) for partner_id in partner_ids]
        await asyncio.gather(*(self.client.get_workflow_handle(i).terminate() for i in ids))
        return Measured(len(others) / (ended - started), (used - used_before) / len(others) * 1000)

    async def _start(self, side: str, partner_ids: Sequence[str]) -> None:
        turns = asyncio.Semaphore(START_AT_ONCE)

        async def start(partner_id: str) -> None:
            async with turns:
                await STARTS[side](self.client, partner_id)

        await asyncio.gather(*(start(partner_id) for partner_id in partner_ids))


@asynccontextmanager
async def _bench(partner_ids: Sequence[str]) -> AsyncIterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        database_url = f"sqlite:///{folder / 'partners.db'}"
        database = Database(database_url)
        migrate.upgrade(database)
        _case_data.fill(database, partner_ids)
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
            dev_server_database_filename=str(folder / "temporal.db"),
            dev_server_log_level="error",
            data_converter=pydantic_data_converter,
            search_attributes=list(SEARCH_ATTRIBUTES),
        ) as env:
            yield Bench(env.client, database, database_url)
        database.close()


async def compare(cases: int, runs: int) -> list[Row]:
    """Alternate runs of both sides; each figure is the median of the ratios of neighbours."""
    batches = [[f"p{run}-{n}" for n in range(cases + WARM_UP)] for run in range(runs)]
    pairs: list[tuple[Measured, Measured]] = []
    async with _bench([partner_id for batch in batches for partner_id in batch]) as bench:
        before = bytes_by_table(bench.database)
        for batch in batches:
            with said(f"{cases} cases that do nothing, then {cases} real ones"):
                pairs.append((await bench.run("noop", batch), await bench.run("real", batch)))
            print("{} and {}".format(*pairs[-1]), file=sys.stderr)
        grown = growth(before, bytes_by_table(bench.database), sum(map(len, batches)))
    return [_cost(pairs), _rate(pairs), grown]


def _cost(pairs: Sequence[tuple[Measured, Measured]]) -> Row:
    noop, real = (median(side.cost for side in sides) for sides in zip(*pairs, strict=True))
    figure = median(real.cost / noop.cost for noop, real in pairs)
    remark = f"{real:.1f} ms a case against {noop:.1f}"
    return Row("worker's processor time, against no-op", figure, 2.0, remark=remark)


def _rate(pairs: Sequence[tuple[Measured, Measured]]) -> Row:
    noop, real = (median(side.rate for side in sides) for sides in zip(*pairs, strict=True))
    share = median(real.rate / noop.rate for noop, real in pairs)
    remark = f"{real:.1f} cases/s against {noop:.1f}: {share:.2f} of the rate"
    return Row("start to warned, SQLite, against no-op", 1 / share, 1 / 0.8, remark=remark)


# ---- what a case adds to the database ----


def bytes_by_table(database: Database) -> dict[str, int]:
    """Bytes of rows and index entries by table (SQLite's dbstat; half-empty pages do not count)."""
    asked = """
        SELECT tbl_name, sum(payload) FROM dbstat JOIN sqlite_schema USING (name) GROUP BY tbl_name
    """
    with database.read() as session:
        return dict(session.connection().exec_driver_sql(asked).all())


def growth(before: dict[str, int], after: dict[str, int], cases: int) -> Row:
    """Kilobytes of rows and indexes that a case adds, until it is warned."""
    kilobytes = {name: (size - before.get(name, 0)) / cases / 1000 for name, size in after.items()}
    largest = sorted(kilobytes.items(), key=lambda item: -item[1])
    remark = ", ".join(f"{name} {size:.1f}" for name, size in largest if size >= 0.05)
    return Row("database, a case", sum(kilobytes.values()), 28, "KB", remark)


# ---- what it costs at the server ----


def actions(history: WorkflowHistory) -> int:
    """The billable actions of a history."""
    retries = sum(
        event.activity_task_started_event_attributes.attempt - 1
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    )
    return retries + sum(event.event_type in ACTIONS for event in history.events)


async def weigh() -> list[Row]:
    """Events and billable actions of whole cases, played under time skipping."""
    rows = []
    for story, words in (
        ("removed_with_two_reminders", "removal with 2 reminders"),
        ("recovered_early", "early recovery"),
    ):
        history = await play(story, STORIES[story])
        rows.append(Row(f"{words}: actions", actions(history), 20, unit=""))
        rows.append(Row(f"{words}: events", len(history.events), 110, unit=""))
    return rows


async def run(cases: int, runs: int) -> list[Row]:
    rows = [*await compare(cases, runs), *await weigh()]
    await asyncio.sleep(0.2)  # see sdk-python #300
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    quiet = TelemetryConfig(logging=LoggingConfig(filter="ERROR"))
    Runtime.set_default(Runtime(telemetry=quiet))
    return finish(asyncio.run(run(asked.cases, asked.runs)))


if __name__ == "__main__":
    sys.exit(main())
