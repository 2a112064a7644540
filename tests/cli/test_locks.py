"""Commands beside another program that writes, and with a database that cannot be used."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from partners import __main__
from partners.cli import progress
from partners.store.engine import database as store
from partners.store.engine.database import Database
from partners.store.tables.feed_tables import OrderRow
from tests.cli.conftest import Run
from tests.cli.hostile import fill
from tests.cli.test_hostile_words import READING


@pytest.fixture
def locked(database: Database, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program writes, and does not end."""
    fill(database)
    other = sqlite3.connect(tmp_path / "cli.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield other
    other.execute("ROLLBACK")
    other.close()


def test_every_command_that_reads_reads_beside_another_program_that_writes(
    locked: sqlite3.Connection, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0)
    for name, forms in READING.items():
        ran = run(*name.split(), *forms[0])
        assert "another program" not in ran.err, name


def test_a_command_that_writes_says_that_it_waits_and_gives_up_in_one_line(
    locked: sqlite3.Connection, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.3)
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    ran = run("note", "acme", "--text", "Called.")
    assert ran.status == 2
    waits, error = ran.err.splitlines()
    assert waits.startswith("waiting for another program that writes to the database")
    assert error == (
        "error: another program is writing to the database and has not ended; try again"
    )


def test_a_person_who_has_waited_since_the_program_began_is_told_sooner(
    locked: sqlite3.Connection,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What loads before a command runs counts, too: it is a second or more."""
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.3)
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 60.0)
    monkeypatch.setattr(progress, "A_MOMENT", 0.0)
    assert "waiting" not in run("note", "acme", "--text", "Called.").err
    monkeypatch.setattr(__main__, "STARTED", time.monotonic() - 61)
    with pytest.raises(SystemExit):
        __main__.main()
    assert "waiting for another program" in capsys.readouterr().err


def test_a_database_that_is_none_is_said_in_one_line(url: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "cli.db").write_text("This is a letter, and no database at all. " * 30)
    ran = run("list")
    assert ran.status == 2
    assert ran.err == ("error: the database does not answer as it should: file is not a database\n")


def test_a_full_disk_is_said_in_one_line_and_nothing_of_the_file_is_kept(
    database: Database, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(database)
    rows = "".join(f"new-{n},acme,2026-03-05,completed\n" for n in range(3000))
    path = tmp_path / "orders.csv"
    path.write_text("order_id,partner_id,placed_at,status\n" + rows)
    prepare = store._prepare_sqlite

    def on_a_full_disk(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    monkeypatch.setattr(store, "_prepare_sqlite", on_a_full_disk)
    ran = run("import", "orders", path)
    assert (ran.status, ran.err) == (
        2,
        "error: the database's disk is full, and what was being written was not kept; make room\n",
    )
    with database.read() as session:
        found = select(func.count()).select_from(OrderRow).where(OrderRow.order_id.like("new-%"))
        assert session.scalar(found) == 0


def test_a_server_that_does_not_answer_is_said_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:secret@127.0.0.1:1/partners")
    ran = run("list")
    assert ran.status == 2
    assert ran.err.startswith("error: the database does not answer as it should: ")
    assert "secret" not in ran.err


@pytest.mark.parametrize("command", [("setup", "--database-only"), ("dev",), ("demo",)])
def test_a_folder_that_cannot_be_written_to_is_said_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: tuple[str, ...]
) -> None:
    def forbidden(folder: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "mkdir", forbidden)
    ran = run(*command)
    assert (ran.status, ran.out) == (2, "")
    (error,) = [line for line in ran.err.splitlines() if "…" not in line]  # but for progress
    assert error.startswith(f"error: {'the database ' if command[0] == 'setup' else ''}{tmp_path}")
    assert "(Permission denied); make " in error
    assert "writable" in error


def test_looking_makes_no_database(url: str, tmp_path: Path, run: Run) -> None:
    ran = run("list")
    assert (ran.status, list(tmp_path.iterdir())) == (2, [])
    assert "error: there is no database" in ran.err


@pytest.mark.parametrize("command", [("list",), ("setup", "--database-only")])
def test_a_database_of_a_newer_program_is_left_alone(
    database: Database, run: Run, command: tuple[str, ...]
) -> None:
    with database.writing.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ran = run(*command)
    assert ran.status == 2
    assert "is at migration 9999, which this program does not have" in ran.err
    assert "run: partners setup" not in ran.err
