"""Connections and transactions, the same for SQLite and PostgreSQL.

A writing transaction on SQLite begins with BEGIN IMMEDIATE: one that reads and then writes under
threads would else fail with "database is locked". The threads of a process take turns before that:
SQLite itself would have them ask again and again, in no order, until one of them gives up. Whatever
does not say that it writes takes no lock, and so reads beside any writer.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from partners.store.engine.address import PrivateConnection, readable
from partners.store.record.recorder import Recorder, WatchedSession

BUSY_SECONDS = 30.0
CONNECT_SECONDS = 8
"""Until a PostgreSQL server that does not answer counts as down; unless DATABASE_URL says it."""


class Database:
    """One database. `read()`, `snapshot()` and `write()` are the only ways in; each is one
    transaction."""

    def __init__(self, url: str, pool_size: int = 20, patience: float = BUSY_SECONDS) -> None:
        """Connect lazily: nothing is opened before the first transaction.

        `url` is SQLAlchemy's, e.g. `sqlite:///.partners/partners.db`; `postgresql://` means
        psycopg 3. `patience`: seconds to wait for what another holds; workers wait longer. Raises
        SetupError for a URL that is none.
        """
        parsed = readable(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._file = Path(parsed.database) if self.is_sqlite and parsed.database else None
        arguments: dict[str, Any] = {}
        if self.is_sqlite:
            arguments = {"timeout": min(patience, BUSY_SECONDS), "factory": PrivateConnection}
        elif "connect_timeout" not in parsed.query:
            arguments = {"connect_timeout": CONNECT_SECONDS}
        self.engine: Engine = create_engine(
            parsed,
            connect_args=arguments,
            pool_size=pool_size,
            max_overflow=4,
            pool_pre_ping=not self.is_sqlite,  # a file does not hang up
            pool_use_lifo=True,  # the last one used has the newest pages, and its statements
            hide_parameters=True,  # else a broken INSERT would name people in logs (rule 18)
        )
        self._turns: AbstractContextManager[object] = (
            threading.Lock() if self.is_sqlite else nullcontext()
        )
        self.actor: Callable[[], str] = lambda: "the program"
        """Who acts, for the audit, where the rows that are written do not say."""
        self.news: deque[str] = deque()
        """Partners about whom this process wrote events for the outside, to be delivered."""
        self.moved: deque[str] = deque()
        """Partners whose tier, or what people say over it, this process wrote: their exclusives
        are to look."""
        self.waits: Callable[[], AbstractContextManager[object]] = nullcontext
        """Entered while a writing transaction waits for its turn."""
        self.url = parsed.render_as_string(hide_password=True)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", self._begin_sqlite)
        elif patience < BUSY_SECONDS:
            limit = f"SET LOCAL lock_timeout = {int(patience * 1000)}"
            event.listen(self.engine, "begin", lambda begun: begun.exec_driver_sql(limit))

    @property
    def exists(self) -> bool:
        """Whether there is something to read; a server is asked when it is used."""
        return self._file is None or str(self._file) == ":memory:" or self._file.exists()

    @property
    def missing_file(self) -> Path | None:
        """Where its file was looked for, if there is none."""
        return None if self.exists or self._file is None else self._file.absolute()

    @property
    def writing(self) -> Engine:
        """The engine for transactions that write, past the audit: for migrations."""
        return self.engine.execution_options(writes=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on an error.

        What it writes is audited within it.
        """
        news: list[str] = []
        # The turn is entered first, and so is left last: after the commit.
        with (
            self._turns,
            WatchedSession(self.writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            recorder = Recorder(session, self.actor)
            yield session
            news = recorder.seal()
        self.moved.extend(recorder.moved)
        self.news.extend(news)  # once committed: a delivery that starts earlier finds nothing

    @contextmanager
    def rolled_back(self) -> Iterator[Session]:
        """As `write`, but nothing of it stays: what an act would do, by doing it.

        On SQLite it waits for its turn as any writer: it must see what the act itself would see.
        """
        with (
            self._turns,
            WatchedSession(self.writing, expire_on_commit=False) as session,
            session.begin() as transaction,
        ):
            Recorder(session, self.actor)
            yield session
            transaction.rollback()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads, beside any writer."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A transaction that only reads, all as of one moment, whatever others commit meanwhile.

        SQLite always reads so; PostgreSQL else sees in each statement what is committed by then.
        """
        engine = self.engine
        if not self.is_sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with Session(engine, expire_on_commit=False) as session:
            yield session

    def look(self) -> None:
        """Raises SQLAlchemy's error if the database does not answer."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        self.engine.dispose()

    def _begin_sqlite(self, connection: Connection) -> None:
        if not connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN")
            return
        with self.waits():
            connection.exec_driver_sql("BEGIN IMMEDIATE")


SYNCHRONOUS = "FULL"
"""SQLite's: a claim that a power cut forgets would be a notice sent twice."""


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
    connection.execute("PRAGMA foreign_keys = ON")
