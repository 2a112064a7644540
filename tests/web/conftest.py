"""A database of its own for each test of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from partners.store.engine.database import Database
from partners.store.tables.mail_tables import OutboxRow
from tests import clocks

START = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def same_day() -> Iterator[None]:
    """Modules take today from the clock once; a run that crosses midnight keeps to it."""
    with clocks.on_the_day_of(clocks.STARTED):
        yield


@pytest.fixture
def box(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = shutil.copy(sqlite_template, tmp_path / "pages.db")
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


class Put:
    """Writes messages into the outbox of a test."""

    def __call__(self, database: Database, number: int, **columns: Any) -> None:
        values: dict[str, Any] = {
            "outbox_id": number,
            "message_key": f"grace/x/{number}",
            "notice_key": f"grace/x/{number}",
            "attempt": 1,
            "public_id": f"public-{number}",
            "untold": False,
            "kind": "warning",
            "partner_id": "acme",
            "state": "accepted",
            "to": ["acme@example.com"],
            "sender": "partners@northwind.example",
            "subject": f"Subject {number}",
            "text": f"Text {number}",
            "html": f"<p>HTML {number}</p>",
            "rendered_at": START + timedelta(minutes=number),
        }
        with database.write() as session:
            session.add(OutboxRow(**(values | columns)))


@pytest.fixture
def put() -> Put:
    return Put()
