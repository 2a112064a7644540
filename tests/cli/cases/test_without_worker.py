"""Commands on an open case while no worker runs: said after 10 seconds, and carried out once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_workers, running
from partners.domain.cases.case import CaseStatus
from partners.domain.cases.commands import Command
from partners.domain.judging.coverage import DayRange
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow, InterventionRow
from partners.temporal import running as to_workflows
from partners.temporal.connecting import register_search_attributes
from tests import builders
from tests.cli.conftest import Run
from tests.servers import address, dev_server

EXTEND = ("extend", "acme", "7", "--reason", "agreed by phone", "--by", "Ann", "--yes")


def case(database: Database) -> CaseRow:
    with database.read() as session:
        return session.scalars(select(CaseRow)).one()


def then(called: threading.Event, function: Callable[..., str]) -> Callable[..., str]:
    """The function, which tells when it was called."""

    def told(*arguments: object) -> str:
        called.set()
        return function(*arguments)

    return told


@pytest.fixture
def program(database: Database) -> Database:
    """acme has had no orders for a year."""
    builders.accept(database, builders.a_policy())
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.covered(session, DayRange(date(2020, 1, 1), yesterday))
    return database


async def test_a_command_that_no_worker_takes_is_said_to_wait_and_is_done_once(
    run: Run, program: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(_env_file=None, mode=Mode.TEST, database_url=url, activity_threads=4)
    async with dev_server() as env:
        await register_search_attributes(env.client)
        monkeypatch.setenv("TEMPORAL_ADDRESS", address(env))
        services = build_services(settings, program)
        async with running(build_workers(env.client, settings, services)):
            assert (await asyncio.to_thread(run, "start", "acme")).status == 0
            async with asyncio.timeout(30):
                while case(program).status != CaseStatus.IN_GRACE:
                    await asyncio.sleep(0.1)
        deadline = case(program).deadline
        assert deadline is not None

        started = time.monotonic()
        waits = await asyncio.to_thread(run, *EXTEND)
        assert time.monotonic() - started < 12
        assert waits.status == 2
        said = waits.err.splitlines()[-1]
        assert said.startswith("error: no worker has answered within 10 seconds: the command waits")
        assert "may still take effect; to see: partners show acme" in said
        monkeypatch.setattr(to_workflows, "ANSWER_SECONDS", 0.5)
        again = await asyncio.to_thread(run, *EXTEND)
        assert "may still take effect" in again.err
        assert case(program).deadline == deadline

        monkeypatch.setattr(to_workflows, "ANSWER_SECONDS", 60)
        given = threading.Event()
        monkeypatch.setattr(to_workflows, "act_id", then(given, to_workflows.act_id))
        third = asyncio.create_task(asyncio.to_thread(run, *EXTEND))
        assert await asyncio.to_thread(given.wait, 60)
        async with running(build_workers(env.client, settings, services)):
            done = await third
            assert done.status == 0, done.err
            async with asyncio.timeout(30):  # whatever else waited has been heard by then
                await env.client.get_workflow_handle("grace/acme").query("next")
    with program.read() as session:
        (row,) = session.scalars(select(InterventionRow)).all()
    assert row.deadline == case(program).deadline
    assert row.deadline is not None
    assert timedelta(days=7) <= row.deadline - deadline <= timedelta(days=11)


def test_the_same_command_upon_the_same_is_the_same_act_and_names_nobody() -> None:
    order = Command("Ann", "agreed by phone", days=7)
    one = to_workflows.act_id("extend", order, "acme-2026-10/3")
    assert one == to_workflows.act_id("extend", order, "acme-2026-10/3")
    assert "Ann" not in one
    others = [
        to_workflows.act_id("pause", order, "acme-2026-10/3"),
        to_workflows.act_id("extend", order, "acme-2026-10/4"),
        to_workflows.act_id("extend", Command("Ann", "agreed by phone", days=8), "acme-2026-10/3"),
    ]
    assert len({one, *others}) == 4
