"""Temporary tables for one import, filled as fast as each database can.

They live on a connection of their own and vanish with it, so nothing of a failed import remains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import nan
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from partners.store.engine.database import Database
from partners.store.imports.order_rows import PlainOrder, StagedOrder
from partners.store.tables.feed_tables import OrderRow

STAGED = tuple(StagedOrder._fields)
ORDER_COLUMNS = STAGED[2:]
"""The columns of `orders`, in the order of `StagedOrder`."""
CONTENT = tuple(c for c in ORDER_COLUMNS if c not in ("order_id", "known_at"))
"""What a version of an order says; two versions that agree in it are the same."""


@contextmanager
def own_connection(database: Database) -> Iterator[Connection]:
    """A connection whose temporary tables nobody else will meet: it is closed for good."""
    with database.engine.connect() as connection:
        connection.detach()
        yield connection


@contextmanager
def writing(database: Database, connection: Connection) -> Iterator[None]:
    """One transaction on that connection; imports take turns, readers go on reading."""
    connection.execution_options(writes=True)  # before it begins: see `Database`
    with connection.begin():
        if not database.is_sqlite:
            connection.exec_driver_sql("LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE")
        yield


def blank(database: Database) -> float | None:
    """What to stage for a blank field.

    SQLite has no NaN, and stores NULL for it. Python's sqlite3 binds it like any number, but None
    eight times as slowly: of None it looks for an adapter each time.
    """
    return nan if database.is_sqlite else None


def stage_orders(database: Database, connection: Connection, rows: Iterable[PlainOrder]) -> None:
    """Fill the temporary table `staged`; the database's own tables are not locked meanwhile."""
    columns = "line INTEGER PRIMARY KEY, known_given INTEGER, " + ", ".join(
        f"{name} {OrderRow.__table__.c[name].type.compile(connection.dialect)}"
        for name in ORDER_COLUMNS
    )
    with connection.begin():
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE staged ({columns})")
        try:
            _fill(database, connection.connection.dbapi_connection, rows)
        except connection.dialect.loaded_dbapi.Error as error:  # past SQLAlchemy, who wraps others
            base = connection.dialect.loaded_dbapi.Error
            raise DBAPIError.instance(
                "COPY staged", (), error, base, hide_parameters=True, dialect=connection.dialect
            ) from None


def _fill(database: Database, raw: Any, rows: Iterable[PlainOrder]) -> None:
    if database.is_sqlite:
        marks = ", ".join("?" * len(STAGED))
        raw.executemany(f"INSERT INTO staged VALUES ({marks})", rows)
    else:
        with raw.cursor().copy("COPY staged FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
