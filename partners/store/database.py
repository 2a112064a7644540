"""Connections and transactions, the same for SQLite and PostgreSQL.

A writing transaction on SQLite begins with BEGIN IMMEDIATE: one that reads and then writes under
threads would else fail with "database is locked". The threads of a process take turns before that:
SQLite itself would have them ask again and again, in no order, until one of them gives up.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

from partners.store import tables as tables  # whole, so that every foreign key leads somewhere
from partners.store.recorder import Recorder, WatchedSession

BUSY_SECONDS = 30


class Database:
    """One database. `read()`, `snapshot()` and `write()` are the only ways in; each is one
    transaction."""

    def __init__(self, url: str, pool_size: int = 20) -> None:
        """Connect lazily: nothing is opened before the first transaction.

        `url` is SQLAlchemy's, e.g. `sqlite:///.partners/partners.db`; `postgresql://` means
        psycopg 3.
        """
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        arguments: dict[str, Any] = {"timeout": BUSY_SECONDS} if self.is_sqlite else {}
        self.engine: Engine = create_engine(
            parsed,
            connect_args=arguments,
            pool_size=pool_size,
            max_overflow=4,
            pool_pre_ping=not self.is_sqlite,  # a file does not hang up
            pool_use_lifo=True,  # the last one used has the newest pages, and its statements
        )
        self._reading = self.engine.execution_options(reads_only=True)
        self._turns: AbstractContextManager[object] = (
            threading.Lock() if self.is_sqlite else nullcontext()
        )
        self.actor: Callable[[], str] = lambda: "the program"
        """Who acts, for the audit, where the rows that are written do not say."""
        self.news: deque[str] = deque()
        """Partners about whom this process wrote events for the outside, to be delivered."""
        self.url = parsed.render_as_string(hide_password=True)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on an error.

        What it writes is audited within it.
        """
        news: list[str] = []
        with (
            self._turns,
            WatchedSession(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            recorder = Recorder(session, self.actor)
            yield session
            news = recorder.seal()
        self.news.extend(news)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads, beside any writer."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A transaction that only reads, all as of one moment, whatever others commit meanwhile.

        SQLite always reads so; PostgreSQL else sees in each statement what is committed by then.
        """
        options: dict[str, Any] = {"reads_only": True}
        if not self.is_sqlite:
            options["isolation_level"] = "REPEATABLE READ"
        engine = self.engine.execution_options(**options)
        with Session(engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


SYNCHRONOUS = "FULL"
"""SQLite's: a claim that a power cut forgets would be a notice sent twice."""


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("reads_only")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
