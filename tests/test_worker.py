"""`python worker.py` as an operator meets it: what it refuses, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import worker
from partners.bootstrap import DEMO_CLOCK
from partners.store import migrate
from partners.store.database import Database
from partners.store.program_tables import SettingRow
from partners.temporal import register_search_attributes
from tests import builders, processes
from tests.servers import address, dev_server

ROOT = Path(__file__).parents[1]


def environment(path: Path, server: str = "127.0.0.1:1") -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": f"sqlite:///{path}", "TEMPORAL_ADDRESS": server}


def refusal(path: Path, **more: str) -> str:
    """What the worker says when it refuses to start."""
    variables = {"DATABASE_URL": f"sqlite:///{path}", "TEMPORAL_ADDRESS": "127.0.0.1:1", **more}
    done = processes.run_here(worker.main, path.parent, **variables)
    assert done.returncode != 0
    return done.stderr


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A migrated database with an accepted policy."""
    path = tmp_path / "partners.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    builders.accept(database, builders.a_policy())
    database.close()
    return path


def test_an_empty_database_is_refused_with_what_to_run(tmp_path: Path) -> None:
    assert "is empty" in (said := refusal(tmp_path / "none.db"))
    assert "partners setup" in said


def test_a_database_without_policy_is_refused_with_what_to_run(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'p.db'}")
    migrate.upgrade(database)
    database.close()
    assert "no policy has been accepted; run: partners setup" in refusal(tmp_path / "p.db")


def test_no_temporal_is_refused_with_the_address(ready: Path) -> None:
    """As a process, for its exit status and for what an operator reads."""
    done = subprocess.run(
        [sys.executable, ROOT / "worker.py"],
        env=environment(ready),
        cwd=ready.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "no Temporal server answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_clock_is_refused_outside_the_demo(ready: Path) -> None:
    database = Database(f"sqlite:///{ready}")
    now = datetime.now(UTC).isoformat()
    clock = {"day_seconds": 1.0, "real_anchor": now, "program_anchor": now}
    with database.write() as session:
        session.add(SettingRow(name=DEMO_CLOCK, value=json.dumps(clock)))
    database.close()
    assert "is a demo's; use another" in refusal(ready)


def test_the_demo_mode_is_refused_on_a_real_database(ready: Path) -> None:
    assert "is no demo's" in refusal(ready, PARTNERS_MODE="demo")


def test_an_unknown_setting_value_is_one_line_and_no_traceback(ready: Path) -> None:
    said = refusal(ready, PARTNERS_MODE="prod")
    assert "PARTNERS_MODE" in said


async def test_a_namespace_without_search_attributes_is_refused(ready: Path) -> None:
    async with dev_server() as server:
        said = await asyncio.to_thread(refusal, ready, TEMPORAL_ADDRESS=address(server))
    assert "lacks the search attributes" in said
    assert "partners setup" in said


@pytest.mark.parametrize("queue", [None, "partners", "partners-mail"])
async def test_it_serves_its_queues_and_drains_on_sigterm(ready: Path, queue: str | None) -> None:
    async with dev_server() as server:
        await register_search_attributes(server.client)
        arguments = ["--queue", queue] if queue else []
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            ROOT / "worker.py",
            *arguments,
            env=environment(ready, address(server)),
            cwd=ready.parent,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        async with asyncio.timeout(60):
            said = ""
            while "serving" not in said:
                line = await process.stderr.readline()
                assert line, said
                said += line.decode()
            process.send_signal(signal.SIGTERM)
            rest = (await process.stderr.read()).decode()
            assert await process.wait() == 0
    assert f"serving {queue or 'partners, partners-mail'} at" in said
    assert "draining" in rest
