"""`python worker.py` as an operator meets it: what it refuses, and how it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import pytest

import worker
from partners.bootstrap.basics import DEMO_CLOCK
from partners.store.engine.database import Database
from partners.store.tables.program_tables import SettingRow
from partners.temporal.connecting import register_search_attributes
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
def ready(tmp_path: Path, sqlite_template: Path) -> Path:
    """A migrated database with an accepted policy."""
    path = shutil.copy(sqlite_template, tmp_path / "partners.db")
    database = Database(f"sqlite:///{path}")
    builders.accept(database, builders.a_policy())
    database.close()
    return path


@pytest.fixture(scope="module")
def server_address() -> Iterator[str]:
    """Of a dev server that runs beside, for a worker in this process has the main thread."""
    started, ended = Future[str](), threading.Event()

    async def serve() -> None:
        async with dev_server() as server:
            await register_search_attributes(server.client)
            started.set_result(address(server))
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    yield started.result(60)
    ended.set()
    thread.join()


def test_an_empty_database_is_refused_with_what_to_run(tmp_path: Path) -> None:
    assert "there is no database" in (said := refusal(tmp_path / "none.db"))
    assert "partners setup" in said


def test_rule_06_a_worker_without_a_policy_is_refused_with_what_to_run(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = shutil.copy(sqlite_template, tmp_path / "p.db")
    assert "no policy has been accepted; run: partners setup" in refusal(path)


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


def test_a_database_that_does_not_answer_is_one_line(ready: Path) -> None:
    said = refusal(ready, DATABASE_URL="postgresql://ann:secret@127.0.0.1:1/partners")
    assert "error: the database does not answer as it should: " in said
    assert ("Traceback" in said, "secret" in said) == (False, False)


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


async def test_it_serves_its_queues_and_drains_on_sigterm(ready: Path) -> None:
    """As a process, for it is ended by a signal."""
    async with dev_server() as server:
        await register_search_attributes(server.client)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            ROOT / "worker.py",
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
    assert "serving partners, partners-mail at" in said
    assert "draining" in rest


@pytest.mark.parametrize("queue", ["partners", "partners-mail"])
def test_it_serves_one_queue_and_drains_on_sigterm(
    ready: Path, queue: str, server_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In this process, which gets the signal once the worker waits for it."""
    caplog.set_level(logging.INFO, logger="partners.worker")
    variables = {"DATABASE_URL": f"sqlite:///{ready}", "TEMPORAL_ADDRESS": server_address}

    def end_it() -> None:
        processes.until(lambda: "serving" in caplog.text, "it serves")
        os.kill(os.getpid(), signal.SIGTERM)

    ending = threading.Thread(target=end_it)
    ending.start()
    done = processes.run_here(worker.main, ready.parent, "--queue", queue, **variables)
    ending.join()
    assert done.returncode == 0, done.stderr
    assert f"serving {queue} at" in caplog.text
    assert "draining" in caplog.text
