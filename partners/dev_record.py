"""Where `partners dev` runs: written by it into its folder, read by commands in another terminal.

So they find its server, and know that it is no production, without environment variables. What a
`dev` left behind that was killed counts for nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(".partners")
LOCK = "dev.lock"
"""Held by `partners dev` as long as it runs."""
_RECORD = "dev.json"


@dataclass(frozen=True)
class DevRecord:
    """A `partners dev` that runs, or ran: its Temporal server, and the database that it serves."""

    temporal: str
    database: str
    pid: int


@contextmanager
def recorded(folder: Path, temporal: str, database: str) -> Iterator[None]:
    """Let commands find this process until the block ends. Who enters holds the lock."""
    file = folder / _RECORD
    file.write_text(json.dumps(asdict(DevRecord(temporal, database, os.getpid()))) + "\n")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def running(folder: Path, database: str) -> DevRecord | None:
    """The `partners dev` that serves this database here now, if there is one."""
    try:
        record = DevRecord(**json.loads((folder / _RECORD).read_text()))
        os.kill(record.pid, 0)  # asks whether there is such a process, and does nothing to it
        is_here = record.database == database and _is_held(folder / LOCK)
    except (OSError, ValueError, TypeError):
        return None
    return record if is_here else None


def _is_held(lock: Path) -> bool:
    """Whether a process holds it: another may have got the number of one that was killed."""
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
