"""A world on the real dev server, whose workers are processes that can be killed.

Program time is the demo clock of the test's own database. It starts at START with days of 24
hours, stands still for all that a test can see, and moves when the test says so (`leap`); or it
runs fast (`run_fast`), for tests of timers.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess as WorkerProcess
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from partners.bootstrap.basics import DEMO_CLOCK
from partners.domain.time.clock import ProgramClock
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.tables.case_tables import TierChangeRow
from partners.store.tables.program_tables import SettingRow
from tests.crash import worker_process
from tests.workflows.conftest import START, World
from workflows.grace_period import GracePeriod
from workflows.kit.options import SEARCH_ATTRIBUTES, grace_workflow_id

PROCESSES = multiprocessing.get_context("forkserver")
"""Processes of their own, forked from one that has imported everything and runs no thread."""
PROCESSES.set_forkserver_preload([worker_process.__name__])
DAY_SECONDS = 86400.0


@dataclass
class CrashWorld(World):
    """Adds workers that die, and a clock in the test's hand."""

    folder: Path = field(default_factory=Path)
    clock: ProgramClock = field(default_factory=ProgramClock)
    processes: list[WorkerProcess] = field(default_factory=list)

    # ---- workers ----

    def worker(self, die: str | None = None, *, repeatable: bool = True) -> WorkerProcess:
        """Start a worker process; `die`: see worker_process.py."""
        address = self.client.service_client.config.target_host
        process = PROCESSES.Process(
            target=worker_process.serve, args=(address, self.folder, die, repeatable)
        )
        process.start()
        self.processes.append(process)
        return process

    async def ready(self, process: WorkerProcess) -> None:
        """Wait until the worker serves its queues."""
        marker = self.folder / f"ready-{process.pid}"
        await self.eventually(marker.exists, "worker is ready")

    async def killed(self, process: WorkerProcess) -> None:
        """Wait until the worker has died at its point, and of nothing else."""
        await asyncio.to_thread(process.join, 20)
        logs = "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))
        seen = [(case.case_id, case.status, case.outcome) for case in self.cases()]
        assert process.exitcode == -signal.SIGKILL, f"cases: {seen}\n{logs[-4000:]}"

    def kill(self, process: WorkerProcess) -> None:
        process.kill()
        process.join(60)

    def stop_all(self) -> None:
        for process in self.processes:
            self.kill(process)

    # ---- time ----

    def set_clock(self, program_now: datetime, day_seconds: float) -> None:
        self.clock = ProgramClock(day_seconds, datetime.now(UTC), program_now)
        value = {
            "day_seconds": day_seconds,
            "real_anchor": self.clock.real_anchor.isoformat(),
            "program_anchor": program_now.isoformat(),
        }
        with self.database.write() as session:
            session.merge(SettingRow(name=DEMO_CLOCK, value=json.dumps(value)))

    def run_fast(self, day_seconds: float) -> None:
        """From now on program days last this long."""
        self.set_clock(self.clock.program_time(datetime.now(UTC)), day_seconds)

    async def leap(self, moment: datetime, *partner_ids: str) -> None:
        """Move the clock, and have the cases look at it: new numbers were imported."""
        self.set_clock(moment, DAY_SECONDS)
        for partner_id in partner_ids or ("acme",):
            await self.look(partner_id)

    async def look(self, partner_id: str = "acme") -> None:
        handle = self.client.get_workflow_handle_for(GracePeriod.run, grace_workflow_id(partner_id))
        await handle.signal(GracePeriod.metrics_changed)

    async def passes(self, moment: datetime) -> None:
        """Wait until program time is past a moment."""
        await asyncio.sleep((self.clock.real_time(moment) - datetime.now(UTC)).total_seconds())

    async def history_has(self, event_type: EventType.ValueType) -> None:
        """Wait until the server's history has such an event, whether or not a worker is there."""
        handle = self.client.get_workflow_handle(grace_workflow_id("acme"))
        async with asyncio.timeout(20):
            while True:
                history = await handle.fetch_history()
                if any(event.event_type == event_type for event in history.events):
                    return
                await asyncio.sleep(0.05)

    # ---- what was done ----

    def handed_over(self) -> list[str]:
        """The kinds of the messages that the provider was handed, in order."""
        path = self.folder / "handed_over"
        return path.read_text().splitlines() if path.exists() else []

    def tier_changes(self, partner_id: str = "acme") -> list[str | None]:
        """The tiers that the partner was moved to."""
        with self.database.read() as session:
            query = select(TierChangeRow.to_tier).where(TierChangeRow.partner_id == partner_id)
            return list(session.scalars(query))

    def steps(self, step: str, partner_id: str = "acme") -> list[str]:
        """The results of the recorded decisions of one kind."""
        return [d.result for d in self.decisions(partner_id) if d.step == step]

    def assert_once(self, *kinds: str, outcome: str, partner_id: str = "acme") -> None:
        """One case, one outcome, and exactly these notices accepted, each under its own key."""
        (case,) = [c for c in self.cases() if c.partner_id == partner_id]
        assert (case.status, case.outcome) == ("closed", outcome)
        assert self.kinds(partner_id) == list(kinds)
        assert all(row.state == "accepted" for row in self.outbox(partner_id))
        moves = {"removed": [None]}.get(outcome, [])
        assert self.tier_changes(partner_id) == moves
        assert len(self.steps("grace period", partner_id)) == 1
        assert len(self.steps("concluded", partner_id)) == 1
        assert len(self.steps("closed", partner_id)) == 1


@pytest.fixture
async def dev_server() -> AsyncIterator[WorkflowEnvironment]:
    """A real dev server of this test's own, in memory, on a free port."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).parent / "temporal"),
        dev_server_log_level="error",
        data_converter=pydantic_data_converter,
        search_attributes=list(SEARCH_ATTRIBUTES),
    ) as env:
        yield env


@pytest.fixture
async def world(
    dev_server: WorkflowEnvironment, tmp_path: Path, sqlite_template: Path
) -> AsyncIterator[CrashWorld]:
    """A partner below standards, a feed that covers everything, and no worker yet."""
    path = tmp_path / "partners.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = Settings(_env_file=None, mode=Mode.DEMO, database_url=f"sqlite:///{path}")
    world = CrashWorld(dev_server, Database(settings.database_url), settings, folder=tmp_path)
    world.set_clock(START, DAY_SECONDS)
    world.accept()
    world.too_few_orders()
    world.covered()
    yield world
    world.stop_all()
    world.database.close()
