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


_OF_SQLITE = {"cache", "immutable", "mode", "nolock", "uri", "vfs"}


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
    if parsed.get_backend_name() == "sqlite" and (unknown := set(parsed.query) - _OF_SQLITE):
        raise SetupError(f"DATABASE_URL has options that SQLite does not know: {sorted(unknown)}")
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
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        if not path.parent.is_dir():
            raise SetupError(f"the database {path} cannot be made; {_ELSEWHERE}") from None
        return  # as whoever made it wanted it
    except OSError as error:
        why = f"the database {path.absolute()} cannot be made ({error.strerror})"
        raise SetupError(f"{why}; {_ELSEWHERE}") from None


_ELSEWHERE = "make its folder writable, or name another file in DATABASE_URL"
_UNUSABLE = ("unable to open database file", "readonly database", "disk I/O error")


_DISK_FULL, _LOCKED = "53100", "55P03"  # PostgreSQL's codes


def trouble(error: Exception) -> str | None:
    """The database's own trouble, for whoever runs a command; None for an error of the program."""
    if not (
        isinstance(error, OperationalError | InterfaceError)
        or type(error) is DatabaseError
        or (isinstance(error, DatabaseError) and _is_connecting(error))
    ):
        return None
    said = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0]
    if "database is locked" in said or getattr(error.orig, "sqlstate", None) == _LOCKED:
        return "another program is writing to the database and has not ended; try again"
    if "disk is full" in said or getattr(error.orig, "sqlstate", None) == _DISK_FULL:
        return "the database's disk is full, and what was being written was not kept; make room"
    if any(words in said for words in _UNUSABLE):
        return f"the database's file cannot be used ({said}); {_ELSEWHERE}"
    doubt = "; see that it runs, and DATABASE_URL" if _is_connecting(error) else ""
    return f"the database does not answer as it should: {said}{doubt}"


def _is_connecting(error: Exception) -> bool:
    """Whether nothing has been asked yet, and a server is what is not reached."""
    psycopg = type(getattr(error, "orig", None)).__module__.startswith("psycopg")
    return psycopg and getattr(error, "statement", None) is None
