"""Two transactions whose steps a test puts in order, on a real PostgreSQL.

Nobody sleeps for luck: the server itself says who waits for a lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from partners.store.engine.database import Database
from partners.store.tables.base import Base

T = TypeVar("T")
LONG = 60
"""Seconds after which what has not happened will not; PostgreSQL finds a circle within one."""
_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@contextmanager
def beside() -> Iterator[Callable[[Callable[[], T]], Future[T]]]:
    """Starts tasks in threads of their own. Enter it before the transaction that holds them up: it
    waits for their ends, and so must be left after that."""
    with ThreadPoolExecutor() as pool:
        yield pool.submit


def until_waiting(database: Database, task: Future[T]) -> None:
    """Return once somebody waits for a lock: the task, which must not have ended."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        with database.read() as session:
            if session.scalar(_WAITING):
                return
        assert not task.done(), f"it did not have to wait: {task.result()}"
        time.sleep(0.01)  # between two looks
    raise AssertionError("it should wait for a lock by now")


def is_locked(database: Database, row: type[Base], key: object) -> bool:
    """Whether somebody holds a row."""
    try:
        with database.read() as session:
            session.get(row, key, with_for_update={"nowait": True})
    except OperationalError:
        return True
    return False
