"""Day one for the manager, on a real dev server with a worker: start, look, command, stop."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_workers, running
from partners.domain.judging.coverage import DayRange
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.temporal.connecting import register_search_attributes
from tests import builders, clocks
from tests.cli.conftest import Run
from tests.servers import address, dev_server

TODAY = datetime.now(UTC).date()


class Worker(threading.Thread):
    """A dev server and a worker in production mode, on a loop of their own."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.settings = Settings(
            _env_file=None, mode=Mode.PRODUCTION, DATABASE_URL=url, mail_service_hours="0-24"
        )
        self.ready = threading.Event()
        self.address = ""

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._told_to_end = asyncio.get_running_loop(), asyncio.Event()
        database = Database(self.settings.database_url)
        async with dev_server() as server:
            await register_search_attributes(server.client)
            services = build_services(self.settings, database)
            workers = build_workers(server.client, self.settings, services)
            async with running(workers):
                self.address = address(server)
                self.ready.set()
                await self._told_to_end.wait()
        database.close()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._told_to_end.set)
        self.join(60)


@pytest.fixture
def worker(url: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """Two partners without orders for a year, one of them without a usable address."""
    clocks.needs_the_real_one()
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "beta", email="beta@nowhere.invalid")
        builders.a_partner(session, "newcomer", tier=None)
        day = timedelta(days=1)
        builders.covered(session, DayRange(TODAY - 400 * day, TODAY - day))
    worker = Worker(url)
    worker.start()
    assert worker.ready.wait(60)
    monkeypatch.setenv("TEMPORAL_ADDRESS", worker.address)
    yield worker
    worker.end()


def case(run: Run, partner: str) -> dict[str, Any]:
    cases = json.loads(run("cases", "--all", "--json").out)
    return next((c for c in cases if c["partner_id"] == partner), {"status": "none"})


def eventually(holds: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


@pytest.mark.usefixtures("worker")
def test_a_warning_is_marked_as_sent_and_its_case_voided_by_a_person(run: Run) -> None:
    assert "A case is open for acme" in run("start", "acme").out
    assert "A case is open for acme" in run("start", "acme").out  # twice is harmless
    eventually(lambda: '"waiting"' in run("mail", "list", "--json").out)
    assert "mail waits to be sent: partners mail mark-sent 1" in run("cases").out

    assert run("mail", "mark-sent", "1", "--by", "Ann").status == 0
    eventually(lambda: case(run, "acme")["status"] == "in_grace")
    assert case(run, "acme")["deadline"] >= (TODAY + timedelta(days=45)).isoformat()
    shown = run("show", "acme").out
    for words in ("in_grace", "0 orders a month", "at least 10 orders a month", "opened"):
        assert words in shown

    refused = run("resume", "acme", "--reason", "why", "--by", "Ann")
    assert refused.status == 2
    assert "the case is not on hold" in refused.err
    voided = run(*("cancel-case", "acme", "--reason", "our data was wrong", "--by", "Ann", "--yes"))
    assert "Outcome: voided" in voided.out
    eventually(lambda: case(run, "acme")["status"] == "closed")
    shown = json.loads(run("show", "acme", "--json").out)
    assert ("voided", "Ann", "our data was wrong") in {
        (d["step"], d["actor"], d["reason"]) for d in shown["decisions"]
    }
    assert "there was a case for this month already" in run("start", "acme").out


@pytest.mark.usefixtures("worker")
def test_a_hold_is_resumed_by_a_person(run: Run, database: Database) -> None:
    run("start", "beta")
    eventually(lambda: case(run, "beta")["status"] == "on_hold")
    assert "undeliverable: partners resume beta" in run("cases").out

    assert run("resume", "beta", "--reason", "new address", "--by", "Ann").status == 0

    eventually(lambda: len(json.loads(run("mail", "list", "--kind", "warning", "--json").out)) == 2)


SAID = ("--reason", "agreed by phone", "--by", "Ann", "--yes")


@pytest.mark.usefixtures("worker")
def test_a_person_extends_pauses_and_ends_a_case_and_blocks_who_has_none(run: Run) -> None:
    run("start", "acme")
    eventually(lambda: '"waiting"' in run("mail", "list", "--json").out)
    run("mail", "mark-sent", "1", "--by", "Ann")
    eventually(lambda: case(run, "acme")["status"] == "in_grace")
    before = case(run, "acme")["deadline"]

    assert "In grace until" in run("extend", "acme", "5", *SAID).out
    assert case(run, "acme")["deadline"] > before
    assert "On hold: paused by a person" in run("pause", "acme", *SAID).out
    assert "paused: partners resume acme" in run("cases").out
    assert "In grace until" in run("resume", "acme", *SAID).out
    assert "Outcome: reinstated" in run("reinstate", "acme", *SAID).out
    eventually(lambda: case(run, "acme")["status"] == "closed")
    assert mails(run, "acme")[:2] == ["warning", "extended"]
    assert mails(run, "acme")[-1] == "reinstated"

    assert "the mail is on its way" in run("block", "newcomer", *SAID).out
    eventually(lambda: mails(run, "newcomer") == ["blocked"])
    assert run("audit", "verify").status == 0


def mails(run: Run, partner: str) -> list[str]:
    """The kinds of the partner's messages, in order."""
    rows = json.loads(run("mail", "list", "--partner", partner, "--json").out)
    return [row["kind"] for row in sorted(rows, key=lambda row: row["id"])]


@pytest.mark.usefixtures("worker")
def test_mail_that_is_stopped_goes_out_when_it_goes_again(run: Run) -> None:
    assert "Mail is stopped (by Ann: a mistake)" in (
        run("stop", "mail", "--reason", "a mistake", "--by", "Ann").out
    )
    run("start", "acme")
    assert json.loads(run("mail", "list", "--json").out) == []

    assert "Mail goes again." in run("go", "mail").out

    eventually(lambda: len(json.loads(run("mail", "list", "--json").out)) == 1)
    assert "Mail was not stopped." in run("go", "mail").out


@pytest.mark.usefixtures("worker")
def test_who_is_not_below_or_not_known_gets_no_case(run: Run) -> None:
    assert "No case for newcomer: not enrolled in a tier." in run("start", "newcomer").out
    unknown = run("start", "nobody")
    assert unknown.status == 2
    assert "unknown partner 'nobody'" in unknown.err
    assert "unknown partner 'nobody'" in run("show", "nobody").err
    assert "No open cases." in run("cases").out
    absent = run("cancel-case", "acme", "--reason", "why", "--yes")
    assert absent.status == 2
    assert "no case is open for acme" in absent.err


def test_without_a_server_the_address_is_named(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    with database.write() as session:
        builders.a_partner(session, "acme")
    refused = run("start", "acme")
    assert refused.status == 2
    assert "no Temporal server answers at 127.0.0.1:1" in refused.err
