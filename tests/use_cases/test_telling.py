"""Whom an import tells: the open cases with something to look at."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from activities.cases import case_news
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.use_cases import telling
from partners.use_cases.acting import Manager
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
    ann: Manager,
) -> None:
    database = ann.database
    by = replace(ann, program=replace(ann.program, now=lambda: now))
    a_waiting_case(database, zone)

    page = case_news.next_page(database, "", now)
    assert page is not None

    assert asyncio.run(telling.numbers_changed(by)).number == int(is_over)
    assert page.with_news == (["acme"] if is_over else [])
