"""What every test may ask for: a fresh, migrated database on SQLite and on PostgreSQL."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from partners.store.engine import database as store
from partners.store.engine import migrate
from partners.store.engine.database import Database
from tests import clocks, engines, postgresql
from tests.postgresql import Databases

# A busy machine may take a second over an example that takes a millisecond.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


engines.share_statements()
# The SDK takes a workflow that computes for 2 seconds for a deadlock; on a busy machine it waits.
os.environ["TEMPORAL_DEBUG"] = "1"
store.SYNCHRONOUS = "OFF"  # nobody cuts the power of a test; processes of their own write in full

LONG = ("test_dev", "test_demo", "crash/", "live/", "test_referral_load", "test_web_command")
"""Files of few tests that mostly wait for processes: first, so that others fill their waits."""


gc.disable()  # nothing that is loaded from here to the end of the collection is garbage


def pytest_report_header() -> str | None:
    """Says under which clock these tests run."""
    return clocks.WANTED and f"clock: {clocks.WANTED}"


def pytest_collection_finish() -> None:
    """What has been loaded is not searched for garbage again, test after test."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long files lead; `make test` hands out files in this order."""
    if out := [item for item in items if clocks.leaves_out(item)]:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONG))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server whose database TEMPLATE is migrated."""
    with postgresql.server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_server: str) -> Databases:
    return Databases(postgresql_server)


_numbers = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Database]]:
    """Makes fresh, migrated databases, as many as a test wants, on each system."""
    made: list[tuple[Database, str]] = []

    def make() -> Database:
        if request.param == "sqlite":
            template = request.getfixturevalue("sqlite_template")
            path = shutil.copy(template, tmp_path / f"test_{next(_numbers)}.db")
            made.append((Database(f"sqlite:///{path}"), ""))
        else:
            name = request.getfixturevalue("postgresql_databases").take()
            server = request.getfixturevalue("postgresql_server")
            made.append((Database(postgresql.named(server, name)), name))
        return made[-1][0]

    yield make
    for database, name in made:
        database.close()
        if name:
            request.getfixturevalue("postgresql_databases").give_back(name)


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    """A fresh, migrated database; the test runs once on SQLite and once on PostgreSQL."""
    return new_database()
