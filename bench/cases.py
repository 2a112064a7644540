"""Cases: how many per second are opened and warned, and what a whole case costs the server.

`python -m bench.cases [--cases 200] [--runs 3]`. The floor is a workflow with the same number of
activities, timers and attribute updates that do nothing, on the same dev server (SQLite file) in
alternating runs. Events and billable actions are counted in the histories of real cases.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Worker,
)

from bench._noop import Noop, noop_mail, noop_step
from bench.common import Row, finish, said
from partners import bootstrap
from partners.calendars import calendar_of
from partners.domain.calendar import shift_months
from partners.domain.case_view import GracePeriodInput
from partners.domain.coverage import DayRange
from partners.domain.policy import Policy
from partners.policy_file import default_policy_path, read_policy
from partners.settings import Mode, Settings
from partners.store import migrate
from partners.store.database import Database
from tests import builders
from tests.workflows.record_histories import STORIES, play
from workflows.grace_period import GracePeriod
from workflows.options import MAIL_TASK_QUEUE, SEARCH_ATTRIBUTES, TASK_QUEUE, grace_workflow_id

WARM_UP = 10
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


class MailCount(ClientInterceptor, Interceptor):
    """Counts the completed activities of the mail queue: a case is warned with its first."""

    def __init__(self) -> None:
        self.done = 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Counting(next, self)

    async def reaches(self, number: int) -> None:
        while self.done < number:
            await asyncio.sleep(0.005)


class _Counting(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, count: MailCount) -> None:
        super().__init__(next)
        self._count = count

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        result = await super().execute_activity(input)
        if input.fn.__name__ in ("send_notice", "noop_mail"):
            self._count.done += 1
        return result


@dataclass(frozen=True)
class Side:
    """One of the two things compared: its workers, and how one of its workflows is started."""

    workers: Callable[[Client, Settings, Database], list[Worker]]
    start: Callable[[Client, str], Awaitable[object]]


def _real_workers(client: Client, settings: Settings, database: Database) -> list[Worker]:
    services = bootstrap.build_services(settings, database)
    return bootstrap.build_workers(client, settings, services)


def _noop_workers(client: Client, settings: Settings, database: Database) -> list[Worker]:
    """As `bootstrap.build_workers` has it."""
    threads = settings.activity_threads
    cases = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Noop],
        workflow_runner=bootstrap.RUNNER,
        activities=[noop_step],
        activity_executor=ThreadPoolExecutor(threads),
        max_concurrent_activities=threads,
    )
    mail = Worker(
        client,
        task_queue=MAIL_TASK_QUEUE,
        activities=[noop_mail],
        activity_executor=ThreadPoolExecutor(threads),
        max_concurrent_activities=threads,
        max_task_queue_activities_per_second=settings.mail_per_second,
    )
    return [cases, mail]


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


REAL = Side(_real_workers, _start_real)
NOOP = Side(_noop_workers, _start_noop)


@dataclass(frozen=True)
class Bench:
    """A server and a database full of partners below standards."""

    client: Client
    database: Database
    settings: Settings
    count: MailCount

    async def rate(self, side: Side, partner_ids: Sequence[str]) -> float:
        """Cases per second from the first start to the last warning."""
        async with bootstrap.running(side.workers(self.client, self.settings, self.database)):
            await self._warn(side, partner_ids[:WARM_UP])
            started = time.perf_counter()
            await self._warn(side, partner_ids[WARM_UP:])
            seconds = time.perf_counter() - started
            ids = [grace_workflow_id(partner_id) for partner_id in partner_ids]
            await asyncio.gather(*(self.client.get_workflow_handle(i).terminate() for i in ids))
        return (len(partner_ids) - WARM_UP) / seconds

    async def _warn(self, side: Side, partner_ids: Sequence[str]) -> None:
        self.count.done = 0
        turns = asyncio.Semaphore(START_AT_ONCE)

        async def start(partner_id: str) -> None:
            async with turns:
                await side.start(self.client, partner_id)

        await asyncio.gather(*(start(partner_id) for partner_id in partner_ids))
        await self.count.reaches(len(partner_ids))


def _policy() -> Policy:
    """The sample policy, with a guard that lets everybody through."""
    policy, _ = read_policy(default_policy_path())
    content = policy.model_dump(mode="json")
    content["guard"] = {"max_partners": 10**6, "max_share": 1, "always_allow": 10**6}
    return Policy.model_validate(content)


def _fill(database: Database, partner_ids: Sequence[str]) -> None:
    """Partners with two good months, and then 6 orders where 10 are required."""
    policy = _policy()
    builders.accept(database, policy)
    today = calendar_of(policy).day_of(datetime.now(UTC))
    month = calendar_of(policy).newest_settled_month(today, policy.feed.settling_days)
    before = month.plus(-2).first_day
    with database.write() as session:
        for partner_id in partner_ids:
            builders.a_partner(session, partner_id)
            builders.orders(
                session, partner_id, before, month.plus(-1).last_day, 30, rating_milli=4800
            )
            builders.orders(
                session, partner_id, month.first_day, month.last_day, 6, rating_milli=4800
            )
        builders.covered(session, DayRange(shift_months(before, -12), today - timedelta(days=1)))


@asynccontextmanager
async def _bench(partner_ids: Sequence[str]) -> AsyncIterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, count = Path(name), MailCount()
        settings = Settings(
            _env_file=None,
            mode=Mode.TEST,
            database_url=f"sqlite:///{folder / 'partners.db'}",
            mail_per_second=100_000,
        )
        database = Database(settings.database_url)
        migrate.upgrade(database)
        _fill(database, partner_ids)
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
            dev_server_database_filename=str(folder / "temporal.db"),
            dev_server_log_level="error",
            data_converter=pydantic_data_converter,
            search_attributes=list(SEARCH_ATTRIBUTES),
            interceptors=[count],
        ) as env:
            yield Bench(env.client, database, settings, count)
        database.close()


async def compare(cases: int, runs: int) -> list[Row]:
    """Alternate runs of both sides; the figure is the median of the ratios of neighbours."""
    batches = [[f"p{run}-{n}" for n in range(cases + WARM_UP)] for run in range(runs)]
    pairs = []
    async with _bench([partner_id for batch in batches for partner_id in batch]) as bench:
        for batch in batches:
            with said(f"{cases} cases that do nothing, then {cases} real ones"):
                pairs.append((await bench.rate(NOOP, batch), await bench.rate(REAL, batch)))
            print("{:.1f} and {:.1f} cases/s".format(*pairs[-1]), file=sys.stderr)
    floor, rate = (median(side) for side in zip(*pairs, strict=True))
    share = median(real / noop for noop, real in pairs)
    remark = f"{rate:.1f} cases/s against {floor:.1f}: {share:.2f} of the rate"
    return [Row("start to warned, SQLite, against no-op", 1 / share, 1 / 0.8, remark=remark)]


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
