"""Which open cases the daily watch looks at: those that have something new, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from activities.cases import case_news
from activities.judging.gathering import CaseFile
from partners.domain.cases.view import CaseView
from partners.store.judging.totals import recount_all
from partners.store.tables.case_tables import CaseRow
from tests import builders
from tests.activities.conftest import Desk, too_few_orders

DEADLINE = date(2035, 4, 19)


def news(desk: Desk) -> list[str] | None:
    """Whose cases have news; None where no case is open."""
    page = case_news.next_page(desk.database, "", desk.now)
    return page.with_news if page is not None else None


def becomes(desk: Desk, case: CaseView, **columns: Any) -> None:
    with desk.database.write() as session:
        row = session.get_one(CaseRow, case.case_id)
        for name, value in columns.items():
            setattr(row, name, value)


def better_numbers(desk: Desk) -> None:
    """Orders of March, on which acme's verdict is no longer what the case saw."""
    with desk.database.write() as session:
        builders.orders(session, "acme", date(2035, 3, 1), date(2035, 3, 20), 40)
        recount_all(session.connection())
    desk.now = datetime(2035, 3, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "deadline", "day", "found"),
    [
        ("in_grace", DEADLINE, DEADLINE, []),
        ("in_grace", DEADLINE, DEADLINE + timedelta(days=1), ["acme"]),
        ("in_grace", None, DEADLINE + timedelta(days=1), []),
        ("on_hold", DEADLINE, DEADLINE + timedelta(days=1), []),
    ],
)
def test_rule_08_a_case_past_its_deadline_is_looked_at_each_day(
    desk: Desk, status: str, deadline: date | None, day: date, found: list[str]
) -> None:
    becomes(desk, desk.warned(), status=status, deadline=deadline)
    desk.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)

    assert news(desk) == found


def test_the_deadline_is_over_by_the_programs_calendar(desk: Desk) -> None:
    builders.accept(desk.database, builders.a_policy(program={"time_zone": "Asia/Tokyo"}))
    desk.warned()
    desk.now = datetime(2035, 4, 19, 14, 59, tzinfo=UTC)
    assert news(desk) == []
    desk.now += timedelta(minutes=1)  # midnight in Tokyo

    assert news(desk) == ["acme"]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({}, ["acme"]),
        ({"status": "on_hold"}, ["acme"]),
        ({"status": "on_hold", "warned_at": None}, []),
        ({"status": "opened", "warned_at": None}, []),
        ({"status": "deciding"}, []),
        ({"status": "decided"}, []),
    ],
    ids=str,
)
def test_new_numbers_are_news_to_a_case_that_was_warned_and_not_decided(
    desk: Desk, columns: dict[str, Any], found: list[str]
) -> None:
    becomes(desk, desk.warned(), **columns)
    better_numbers(desk)

    assert news(desk) == found


def test_a_closed_case_is_not_looked_at(desk: Desk) -> None:
    becomes(desk, desk.warned(), closed_at=desk.now)
    better_numbers(desk)

    assert news(desk) is None


def test_who_is_told_anyway_is_not_judged_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an import most cases are told: to judge each twice would double the watch's work."""
    too_few_orders(desk.database, "zenith")
    becomes(desk, desk.warned("acme"), untold=True)
    desk.warned("zenith")
    judged: list[str] = []

    def note(session: Session, files: Sequence[CaseFile]) -> tuple[set[str], list[Any]]:
        judged.extend(file.case.partner_id for file in files)
        return set(), []

    monkeypatch.setattr(case_news, "_changed", note)

    assert news(desk) == ["acme"]
    assert judged == ["zenith"]
