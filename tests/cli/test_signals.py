"""Whom an import tells: the open cases with something to look at."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from activities.cases import case_news
from partners.cli import common, signals
from partners.domain.time.calendar import Month
from partners.errors import SetupError
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.policy import policies
from tests import builders

DEADLINE = date(2035, 6, 14)
OPENED = datetime(2035, 5, 1, tzinfo=UTC)


def a_waiting_case(database: Database, zone: str) -> None:
    """A case in grace until the end of its deadline, in a program of that zone."""
    builders.accept(database, builders.a_policy(program={"time_zone": zone}))
    with database.write() as session:
        builders.a_partner(session, "acme")
        session.flush()
        session.add(builders.a_case("acme", Month(2035, 4), opened_at=OPENED, deadline=DEADLINE))


def told_by_an_import(database: Database, capsys: pytest.CaptureFixture[str]) -> bool:
    signals.tell_cases(database)
    return "not told: 1 open case" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("zone", "now", "is_over"),
    [
        ("Pacific/Auckland", datetime(2035, 6, 14, 11, 59, tzinfo=UTC), False),
        ("Pacific/Auckland", datetime(2035, 6, 14, 12, 1, tzinfo=UTC), True),
        ("America/Los_Angeles", datetime(2035, 6, 15, 6, 59, tzinfo=UTC), False),
        ("America/Los_Angeles", datetime(2035, 6, 15, 7, 1, tzinfo=UTC), True),
    ],
)
def test_rule_12_a_case_waits_for_the_feed_once_its_deadline_is_over_in_the_programs_zone(
    zone: str,
    now: datetime,
    is_over: bool,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def no_server(*_: Any) -> None:
        raise SetupError("no server")

    monkeypatch.setattr(common, "now", lambda: now)
    monkeypatch.setattr(signals, "with_temporal", no_server)
    a_waiting_case(database, zone)

    page = case_news.next_page(database, "", now)
    assert page is not None
    with database.read() as session:
        of_the_demo = cases.to_be_told(session, policies.day_of(session, now))

    assert told_by_an_import(database, capsys) is is_over
    assert page.with_news == (["acme"] if is_over else [])
    assert of_the_demo == page.with_news
