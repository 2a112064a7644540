"""Running the command line as a person does, on a database of the test's own."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from partners.cli import common, progress
from partners.cli.main import main
from partners.store.engine.database import Database
from tests import clocks


class Ran(NamedTuple):
    """What a command did: its exit status and what it wrote."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]
NOBODY = "127.0.0.1:1"
"""An address at which no server answers."""


@pytest.fixture(autouse=True)
def same_day() -> Iterator[None]:
    """Modules take today from the clock once; a run that crosses midnight keeps to it."""
    with clocks.on_the_day_of(clocks.STARTED):
        yield


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database that commands use; nothing is in it yet."""
    url = f"sqlite:///{tmp_path}/cli.db"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY)  # whatever runs on this machine
    for console in (common.out, common.err):  # pytest-xdist sets COLUMNS before rich reads it
        monkeypatch.setattr(console, "_width", 200)
    return url


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `partners` with these arguments. How long it takes, and whether it says so, is the
    machine's affair."""
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 60.0)

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["partners", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
        except SystemExit as exit_:
            status = exit_.code if isinstance(exit_.code, int) else 1
        else:
            status = 0
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture
def database(url: str, tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """The same database as the commands', migrated."""
    shutil.copy(sqlite_template, tmp_path / "cli.db")
    database = Database(url)
    yield database
    database.close()
