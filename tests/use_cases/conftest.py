"""Acting on a program of the test's own, with no server to tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NoReturn

import pytest

from partners.errors import SetupError
from partners.store.engine.database import Database
from partners.use_cases.acting import Face, Manager, Program

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


async def no_server() -> NoReturn:
    raise SetupError("no server answers")


@pytest.fixture
def ann(database: Database) -> Manager:
    """Acts on 2 November 2026, at noon."""
    return Manager(Program(database, lambda: NOW, no_server), "Ann", Face.API)
