"""Every command, whatever is missing: one line on stderr, exit status 1 or 2, nothing changed.

A traceback would end the test, for an exception that a command does not say leaves `main`.
"""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from partners.cli import common
from partners.store.engine import database as store
from partners.store.engine.database import Database
from partners.store.tables.every_table import METADATA
from partners.store.tables.program_tables import PartnerRow
from partners.temporal import connecting, running
from partners.temporal.connecting import register_search_attributes
from partners.use_cases.cases import case_start
from partners.use_cases.ladder import promotions
from partners.use_cases.reviews import review_run
from tests.cli.conftest import Ran, Run
from tests.cli.hostile import harmful
from tests.cli.test_hostile_words import READING, WRITING
from tests.cli.test_hostile_words import hostile as hostile
from tests.servers import address, dev_server

COMMANDS = {**{name: forms[0] for name, forms in READING.items()}, **WRITING, "review": ("--yes",)}
MOST_SECONDS = 12
RECORDED = {
    "approve": "the decision stands, and is carried out once a worker runs",
    "add": "the decision stands, and is carried out once a worker runs",
    "mail mark-sent": "what is no longer true is withdrawn, as is said",
    "webhook retry": "dead letters wait to be delivered; the next change starts that",
}
"""What is kept though the command ends with an error that says so."""
NEEDS_NOTHING = {"policy check", "policy diff", "webhook secret", "webhook test"}

Trouble = Callable[[pytest.MonkeyPatch, Path], Any]


@contextmanager
def nothing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Nobody answers at the address of Temporal; that is all."""
    yield


@contextmanager
def silent(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Somebody takes the call to Temporal and never says a word."""
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=500) as server:
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{server.getsockname()[1]}")
        yield


@contextmanager
def locked(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Another program writes to the database and does not end."""
    assert common.PATIENCE_SECONDS < MOST_SECONDS
    monkeypatch.setattr(store, "BUSY_SECONDS", 0)
    other = sqlite3.connect(folder / "cli.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.execute("ROLLBACK")
    other.close()


@contextmanager
def read_only(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """The database's file may be read, and not be written to. (Nobody forbids root anything.)"""
    prepare = store._prepare_sqlite

    def prepared(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA query_only = ON")

    monkeypatch.setattr(store, "_prepare_sqlite", prepared)
    yield


@contextmanager
def _address(monkeypatch: pytest.MonkeyPatch, url: str) -> Iterator[None]:
    monkeypatch.setenv("DATABASE_URL", url)
    yield


TROUBLES: dict[str, Trouble] = {
    "hostile words": nothing,
    "a server without a word": silent,
    "locked": locked,
    "read-only": read_only,
    "no database": lambda m, folder: _address(m, f"sqlite:///{folder}/nothing/here.db"),
    "no folder": lambda m, folder: _address(m, f"sqlite:///{folder}/cli.db/here.db"),
    "postgresql is down": lambda m, _: _address(m, "postgresql://ann:secret@127.0.0.1:1/partners"),
    "a bad address": lambda m, _: _address(m, "post gres:secret"),
    "an option of none": lambda m, _: _address(m, "postgresql://127.0.0.1:1/partners?option=1"),
}


def rows(folder: Path) -> dict[str, list[str]]:
    """Every row of every table, as SQLite has it: asked before and after each command."""
    with closing(sqlite3.connect(folder / "cli.db")) as connection:
        return {
            name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))
            for name in METADATA.tables
        }


def hold(name: str, ran: Ran, seconds: float) -> None:
    """What is true of every command that does not do what it was asked."""
    said = ran.err.splitlines()
    assert seconds < MOST_SECONDS, name
    assert ran.status in (0, 1, 2), (name, ran)
    assert harmful(ran.out + ran.err) == set(), name
    assert "secret" not in ran.err or name.startswith("webhook"), (name, ran.err)
    if ran.status:
        assert said[-1].startswith("error: "), (name, ran)
        assert [line for line in said if line.startswith("error: ")] == said[-1:], (name, ran)
        assert "refused: refused" not in said[-1].lower(), (name, ran)
        assert "Missing" not in said[-1], (name, ran)
        assert "No such option" not in said[-1] or "--nonsense" in said[-1], (name, ran)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_is_missing_every_command_says_it_in_one_line_and_changes_nothing(
    hostile: Database, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trouble: str
) -> None:
    failed = set()
    for name, form in COMMANDS.items():
        before = rows(tmp_path)
        with monkeypatch.context() as patched, TROUBLES[trouble](patched, tmp_path):
            started = time.monotonic()
            ran = run(*name.split(), *form)
            hold(name, ran, time.monotonic() - started)
        if ran.status:
            failed.add(name)
            assert name in RECORDED or rows(tmp_path) == before, (name, ran)
    if "database" in trouble or "postgresql" in trouble or "bad" in trouble:
        made = {"setup"} if trouble == "no database" else set()
        assert set(COMMANDS) - failed <= NEEDS_NOTHING | made | {"mail preview"}


@pytest.mark.parametrize("what", ["env", "setting", "mode"])
def test_settings_that_cannot_be_read_are_said_in_one_line(
    hostile: Database, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
) -> None:
    """With what is wrong, where, and what to write instead."""
    if what == "env":
        (tmp_path / ".env").write_bytes(b"PARTNERS_MODE=\xff\xfe")
        words = (str(tmp_path / ".env"), "is not UTF-8; save the file in that encoding")
    elif what == "setting":
        monkeypatch.setenv("PARTNERS_SENDGRID_GROUPS", "{newsletter")
        words = ("PARTNERS_SENDGRID_GROUPS", 'write such as {"newsletter": 12}')
    else:
        monkeypatch.setenv("PARTNERS_MODE", "quux")
        words = ("PARTNERS_MODE", "'production', 'dev', 'demo' or 'test'")
    before, said = rows(tmp_path), set()
    for name, form in COMMANDS.items():
        ran = run(*name.split(), *form)
        hold(name, ran, 0)
        if all(word in ran.err for word in words):
            said.add(name)
    assert len(said) > len(COMMANDS) - 12, sorted(set(COMMANDS) - said)
    assert rows(tmp_path) == before


def test_a_word_that_no_command_knows_is_refused_in_one_line(
    hostile: Database, run: Run, tmp_path: Path
) -> None:
    before = rows(tmp_path)
    for name, form in COMMANDS.items():
        ran = run(*name.split(), *form, "--nonsense")
        hold(name, ran, 0)
        assert (ran.status, ran.out) == (2, ""), name
        assert len(ran.err.splitlines()) == 1, name
        assert ran.err.startswith("error: No such option: --nonsense"), name
        assert f"see: partners {name} --help" in ran.err, name
    assert rows(tmp_path) == before


def test_a_terminal_that_knows_few_characters_ends_no_command(
    hostile: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it does not know is written as its code."""
    with hostile.write() as session:
        session.get_one(PartnerRow, "acme").name = "Żółw → Ω"
    for name, forms in READING.items():
        for form in (*forms, ("--help",)):
            written = BytesIO()
            terminal = TextIOWrapper(written, encoding="cp1252", write_through=True)
            with monkeypatch.context() as patched:
                patched.setattr(sys, "stdout", terminal)
                patched.setattr(sys, "stderr", terminal)
                assert run(*name.split(), *form).status in (0, 1, 2), (name, form)
            if (name, form) == ("list", ("--csv",)):
                shown = written.getvalue().decode("cp1252")
                assert "\\u017b\u00f3\\u0142w \\u2192 \\u03a9" in shown


async def test_without_a_worker_every_command_ends_and_says_what_waits(
    hostile: Database, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """How long they wait: tests/cli/cases/test_without_worker.py has the real seconds."""
    for module in (case_start, promotions, review_run):
        assert module.LOOK_SECONDS <= 10
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.3)
    assert running.ANSWER_SECONDS <= 10
    monkeypatch.setattr(running, "ANSWER_SECONDS", 0.3)
    waited = set()
    async with dev_server() as env:
        await register_search_attributes(env.client)
        monkeypatch.setenv("TEMPORAL_ADDRESS", address(env))
        await running.start_case(env.client, "acme")
        for name, form in COMMANDS.items():
            before = rows(tmp_path)
            started = time.monotonic()
            ran = await asyncio.to_thread(run, *name.split(), *form)
            hold(name, ran, time.monotonic() - started)
            if ran.status:
                assert name in RECORDED or rows(tmp_path) == before, (name, ran)
            if "may still take effect" in ran.err or "no worker has taken it" in ran.err:
                waited.add(name)
    assert {"resume", "cancel-case", "start"} <= waited
