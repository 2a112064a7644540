"""Where a database is: an address that can be read, and a file that only its owner reads."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, SQLAlchemyError

from partners.errors import SetupError

_ENCODE = (
    "write characters such as @ / : # ? % in its user and password percent-encoded (@ as %40, "
    "/ as %2F)"
)


def readable(url: str) -> URL:
    """The parts of DATABASE_URL. Raises SetupError that repeats nothing of it: it may hold a
    password, and where the password ends is just what cannot be told."""
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect()
    except (SQLAlchemyError, ImportError, ValueError):
        raise SetupError(
            "DATABASE_URL is no database's address; write sqlite:///FILE or "
            f"postgresql://USER:PASSWORD@HOST/NAME, and {_ENCODE}"
        ) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise SetupError("DATABASE_URL is neither SQLite's nor PostgreSQL's; no other is supported")
    if parsed.get_backend_name() != "sqlite" and _is_torn(parsed):
        raise SetupError(f"DATABASE_URL has an @ too many; {_ENCODE}")
    return parsed


def _is_torn(parsed: URL) -> bool:
    """Whether part of a password has come to stand in the host or in the database's name."""
    return any("@" in part for part in (parsed.host or "", parsed.database or ""))


class PrivateConnection(sqlite3.Connection):
    """A connection whose file, when it is made, is its owner's alone: it holds names, addresses
    and mail. SQLite gives the files beside it the same permissions."""

    def __init__(self, database: str, *arguments: Any, **options: Any) -> None:
        if database != ":memory:" and not database.startswith("file:"):
            _make_private(Path(database))
        super().__init__(database, *arguments, **options)


def _make_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return  # as whoever made it wanted it


_DISK_FULL = "53100"  # PostgreSQL's code


def trouble(error: Exception) -> str | None:
    """The database's own trouble, for whoever runs a command; None for an error of the program."""
    if (
        not isinstance(error, OperationalError | InterfaceError)
        and type(error) is not DatabaseError
    ):
        return None
    said = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
    if "database is locked" in said:
        return "another program is writing to the database and has not ended; try again"
    if "disk is full" in said or getattr(error.orig, "sqlstate", None) == _DISK_FULL:
        return "the database's disk is full, and what was being written was not kept; make room"
    return f"the database does not answer as it should: {said}"
