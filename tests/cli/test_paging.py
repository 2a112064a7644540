"""Long lists: of thousands of rows only those that are shown are read, and all are in the JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy.orm import Mapper

from partners.store.engine.database import Database
from partners.store.tables.base import Base
from tests.cli.conftest import Run
from tests.cli.hostile import fill, row_of

MANY = 1200
A_PAGE = 500
"""No list reads more of its rows at once."""
LISTS = {
    "candidates --all": ("candidates", {"state": "declined"}),
    "complaint list": ("complaints", {}),
    "guard list": ("guard_requests", {}),
    "incentives list": ("incentive_runs", {}),
    "mail blocked": ("suppressions", {}),
    "offer orders": ("doubtful_orders", {}),
    "offer orders --settled": ("settled_orders", {}),
    "mail list": ("outbox", {}),
    "payouts list": ("payouts", {}),
    "referral list": ("referrals", {}),
    "reviews": ("reviews", {"kind": "daily"}),
    "webhook list": ("webhook_events", {}),
}
"""Each command that lists rows of a table, and what else is to be true of these."""
AS_JSON = [name for name in LISTS if name != "mail blocked"]


def fill_with_many(database: Database, name: str, columns: dict[str, Any]) -> None:
    """So many more rows of a table that differ in whatever may not be the same twice."""
    fill(database)
    table = Base.metadata.tables[name]
    ours = [c for c in table.columns if c.primary_key or c.unique or c.name == "email"]
    rows = [
        row_of(table)
        | columns
        | {c.name: n if c.type.python_type is int else f"x{n}" for c in ours}
        for n in range(10, 10 + MANY)
    ]
    with database.writing.begin() as connection:
        connection.execute(insert(table), rows)


@contextmanager
def counting() -> Iterator[list[str]]:
    """Names of the tables whose rows are loaded meanwhile."""
    loaded: list[str] = []

    def note(row: Base, _context: object) -> None:
        loaded.append(row.__tablename__)

    event.listen(Mapper, "load", note)
    try:
        yield loaded
    finally:
        event.remove(Mapper, "load", note)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_reads_no_more_than_a_page_beyond_what_it_shows(
    run: Run, database: Database, name: str
) -> None:
    table, columns = LISTS[name]
    fill_with_many(database, table, columns)
    with counting() as loaded:
        ran = run(*name.split(), "--limit", 3)
    assert (ran.status, ran.err) == (0, "")
    assert "These are the first 3; more: --limit 15" in ran.out
    assert ("all of them: --json" in ran.out) == (name in AS_JSON)
    assert 3 < loaded.count(table) <= A_PAGE


@pytest.mark.parametrize("name", AS_JSON)
def test_the_json_of_a_list_has_all_unless_it_is_limited(
    run: Run, database: Database, name: str
) -> None:
    table, columns = LISTS[name]
    fill_with_many(database, table, columns)
    every = json.loads(run(*name.split(), "--json").out)
    assert len(every) >= MANY
    assert json.loads(run(*name.split(), "--json", "--limit", 3).out) == every[:3]
