"""`partners cases` with many cases: one query, the first of them shown, all of them as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import Engine, event

from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from tests import builders
from tests.cli.conftest import Run

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)


def open_cases(database: Database, first: int, last: int) -> None:
    with database.write() as session:
        for number in range(first, last):
            partner_id = f"p{number:03d}"
            builders.a_partner(session, partner_id)
            session.add(builders.a_case(partner_id, Month(2035, 2), opened_at=NOW))


def statements(run: Run) -> int:
    asked: list[str] = []

    def ask(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(Engine, "before_cursor_execute", ask)
    try:
        run("cases")
    finally:
        event.remove(Engine, "before_cursor_execute", ask)
    return len(asked)


def test_a_hundred_cases_take_no_more_statements_than_one(run: Run, database: Database) -> None:
    builders.accept(database, builders.a_policy())
    open_cases(database, 0, 1)
    one = statements(run)
    open_cases(database, 1, 101)
    assert statements(run) == one


def test_the_first_are_shown_and_all_are_in_the_json(run: Run, database: Database) -> None:
    builders.accept(database, builders.a_policy())
    open_cases(database, 0, 12)
    shown = run("cases", "--limit", "5").out
    assert ("p004" in shown, "p005" in shown) == (True, False)
    assert "more: --limit 25; all of them: --json" in shown
    listed = json.loads(run("cases", "--json").out)
    assert [case["partner_id"] for case in listed] == [f"p{n:03d}" for n in range(12)]
    assert len(json.loads(run("cases", "--json", "--limit", "3").out)) == 3
