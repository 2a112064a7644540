"""Sending: how close one worker comes to what the provider's latency allows, and its memory.

`python -m bench.sending [--latency 0.05] [--concurrency 4] [--count 400] [--messages 50000]`.

The rate is of the whole way: a workflow on the real dev server, the real activity with gates,
rendering, claim and answer on SQLite, and the real transport against the stand-in as a process of
its own, which answers after 50 ms. Concurrency is how many messages may be with the provider at once;
the worker makes as many and two more ready meanwhile. The floor is concurrency ÷ latency: what a
worker could reach that did nothing but wait. The memory is that of a process that sends on threads, without Temporal,
to a stand-in that answers at once.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

from pydantic import SecretStr
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from activities.staff_notices import StaffNoticeActivities
from bench._sending import Batch, SendAll, notice
from bench.common import Row, finish, run_step, said, tell
from partners import bootstrap
from partners.domain.case_view import Sending
from partners.policy_file import default_policy_path, read_policy
from partners.settings import Mode, Settings
from partners.store import migrate, policies
from partners.store.database import Database
from workflows.options import SEND_TIMEOUT

THREADS = 8
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


def _settings(folder: Path, address: str, threads: int, at_once: int) -> Settings:
    return Settings(
        _env_file=None,
        mode=Mode.TEST,
        database_url=f"sqlite:///{folder / 'partners.db'}",
        mail_per_second=100_000,
        activity_threads=threads,
        mail_at_once=at_once,
        mail_transport="sendgrid",
        mail_sender="partners@northwind.example",
        postal_address="1 Quay Street, Northport",
        sendgrid_api_key=SecretStr("SG.stand-in"),
        sendgrid_host=address,
    )


def _prepared(settings: Settings) -> Database:
    database = Database(settings.database_url, pool_size=settings.activity_threads)
    migrate.upgrade(database)
    policy, source = read_policy(default_policy_path())
    with database.write() as session:
        policies.accept(session, policy, source, datetime(2026, 1, 1, tzinfo=UTC), "bench")
    return database


# ---- the rate ----


async def rates(latency: float, concurrency: int, messages: int, runs: int) -> list[float]:
    """Messages a second, of each run."""
    found = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name, provider(latency) as address:
        settings = _settings(Path(name), address, concurrency * 2 + 2, concurrency)
        database = _prepared(settings)
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
            dev_server_log_level="error",
            data_converter=pydantic_data_converter,
        ) as env:
            services = bootstrap.build_services(settings, database)
            queues = (bootstrap.Queue.MAIL,)
            workers = bootstrap.build_workers(env.client, settings, services, queues)
            driver = Worker(env.client, task_queue="bench", workflows=[SendAll])
            async with bootstrap.running([*workers, driver]):
                for run in range(runs + 1):
                    batch = Batch(f"run-{run}", messages if run else 40, concurrency * 4)
                    started = time.perf_counter()
                    await env.client.execute_workflow(
                        SendAll.run, batch, id=batch.name, task_queue="bench"
                    )
                    found.append(batch.count / (time.perf_counter() - started))
        database.close()
    return found[1:]


async def rate_row(latency: float, concurrency: int, messages: int, runs: int) -> Row:
    with said(f"{runs} times {messages} messages, {concurrency} at a time"):
        found = median(await rates(latency, concurrency, messages, runs))
    floor = concurrency / latency
    remark = f"{found:.0f} messages/s of {floor:.0f}: {found / floor:.2f}"
    print(remark, file=sys.stderr)
    return Row(
        f"{concurrency} at a time, {latency * 1000:.0f} ms", floor / found, 1 / 0.8, remark=remark
    )


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
        settings = _settings(Path(name), address, THREADS, THREADS)
        database = _prepared(settings)
        activities = StaffNoticeActivities(bootstrap.build_services(settings, database))

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
    parser.add_argument("--concurrency", type=int, nargs="*", default=[1, 2])
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
        rows = [
            await rate_row(asked.latency, concurrency, asked.count, asked.runs)
            for concurrency in asked.concurrency
        ]
        await asyncio.sleep(0.2)  # see sdk-python #300
        return rows

    rows = asyncio.run(rated())
    return finish(rows + (memory_rows(asked.messages) if asked.messages else []))


if __name__ == "__main__":
    sys.exit(main())
