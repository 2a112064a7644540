"""`partners review`, `partners reviews` and `partners corrections`."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_workers, running
from partners.domain.judging.assessment import Assessment, Finding, Verdict
from partners.domain.judging.coverage import DayRange
from partners.domain.reviews.review import (
    Action,
    ReviewKind,
    ReviewStatus,
    newest_settled,
    period_on,
)
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.reviews import reviews
from tests import builders
from tests.servers import address, dev_server
from workflows.kit.options import SEARCH_ATTRIBUTES

Run = Callable[..., Any]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--period", "2026-11"], "2026-11 has not ended"),
        (["--period", "Q3"], "'Q3' is no month; write one such as 2026-10"),
        (["--kind", "quarterly", "--period", "2026-10"], "'2026-10' is no quarter"),
        (["--kind", "daily", "--period", "2026-11-23"], "2026-11-23 has not come yet"),
    ],
)
def test_a_period_that_cannot_be_reviewed_is_refused(
    run: Run, database: Database, arguments: list[str], message: str
) -> None:
    builders.accept(database, builders.a_policy())
    with time_machine.travel(NOW, tick=False):
        ran = run("review", *arguments)

    assert ran.status == 2
    assert message in ran.err


@pytest.fixture
def audited(database: Database) -> Database:
    """The audit of a quarter: one partner below, one without enough data."""
    version = builders.accept(database, builders.a_policy())
    period = period_on(ReviewKind.QUARTERLY, NOW.date(), 3)
    below = Finding("rating", Decimal("4.2"), Decimal("4.5"), True, 6, 12, 5, Verdict.BELOW)
    unknown = replace(below, actual=None, sample=0, verdict=Verdict.INSUFFICIENT)
    with database.write() as session:
        row, _ = reviews.claim(
            session, period, as_of=NOW.date(), policy_version=version, by="w", now=NOW
        )
        found = [("acme", below), ("birch", unknown)]
        reviews.record(
            session,
            period.review_id,
            ((p, "preferred", Assessment((f,)), Action.NONE) for p, f in found),
        )
        reviews.close(row, ReviewStatus.DONE, "", NOW)
    return database


def test_everybody_whom_a_review_judged_is_listed(run: Run, audited: Database) -> None:
    listed = run("reviews", "quarterly/2026-Q3")
    below = run("reviews", "quarterly/2026-Q3", "--verdict", "below")

    assert "rating 4.2 stars, 4.5 stars required" in listed.out
    assert "rating not measured" in listed.out
    assert "acme" in below.out
    assert "birch" not in below.out


def test_a_review_as_csv_has_every_figure(run: Run, audited: Database) -> None:
    lines = list(csv.DictReader(io.StringIO(run("reviews", "quarterly/2026-Q3", "--csv").out)))

    assert [(line["partner_id"], line["verdict"]) for line in lines] == [
        ("acme", "below"),
        ("birch", "insufficient"),
    ]
    assert (lines[0]["actual"], lines[0]["required"], lines[0]["bound"]) == (
        "4.2",
        "4.5",
        "at_least",
    )
    assert lines[1]["actual"] == ""


def test_reviews_and_whom_one_judged_as_json(run: Run, audited: Database) -> None:
    [review] = json.loads(run("reviews", "--json").out)
    assert (review["review_id"], review["status"]) == ("quarterly/2026-Q3", "done")

    judged = json.loads(run("reviews", "quarterly/2026-Q3", "--json").out)
    below = json.loads(run("reviews", "quarterly/2026-Q3", "--verdict", "below", "--json").out)
    assert [one["partner_id"] for one in judged] == ["acme", "birch"]
    assert below == judged[:1]
    assert below[0]["findings"][0]["actual"] == "4.2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["quarterly/2026-Q3", "--csv", "--json"], "choose one of --csv and --json"),
        (["monthly/1999-01"], "there is no review 'monthly/1999-01'; see: partners reviews"),
        (["--csv"], "name a review"),
        (["--verdict", "below"], "name a review"),
    ],
)
def test_a_review_that_is_not_known_or_not_named_is_refused(
    run: Run, audited: Database, arguments: list[str], message: str
) -> None:
    ran = run("reviews", *arguments)

    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


def test_a_period_that_was_reviewed_prints_its_result(run: Run, database: Database) -> None:
    version = builders.accept(database, builders.a_policy())
    period = period_on(ReviewKind.MONTHLY, NOW.date(), 3)
    with database.write() as session:
        row, _ = reviews.claim(
            session, period, as_of=NOW.date(), policy_version=version, by="w", now=NOW
        )
        row.counts = {"judged": 1234, "below": 7}
        reviews.close(row, ReviewStatus.DONE, "", NOW)

    with time_machine.travel(NOW, tick=False):
        ran = run("review", "--period", "2026-10")
        listed = run("reviews")

    assert (ran.status, listed.status) == (0, 0)
    assert "monthly/2026-10 was reviewed already." in ran.out
    assert "1,234" in ran.out
    assert "monthly/2026-10" in listed.out


def test_without_reviews_and_corrections_the_lists_say_so(run: Run, database: Database) -> None:
    builders.accept(database, builders.a_policy())
    assert "No review so far" in run("reviews").out
    assert "No closed case would have ended otherwise." in run("corrections").out


async def test_a_review_runs_prints_its_counts_and_is_refused_on_a_stale_feed(
    run: Run, database: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC).date()
    month = newest_settled(today, 3)
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.orders(session, "acme", month.first_day, month.last_day, 6)
        builders.covered(session, DayRange(date(2020, 1, 1), month.first_day))
    settings = Settings(_env_file=None, mode=Mode.TEST, database_url=url, activity_threads=4)
    async with dev_server(search_attributes=list(SEARCH_ATTRIBUTES)) as env:
        monkeypatch.setenv("TEMPORAL_ADDRESS", address(env))
        services = build_services(settings, database)
        async with running(build_workers(env.client, settings, services)):
            stale = await asyncio.to_thread(run, "review", "--yes")
            with database.write() as session:
                yesterday = today - timedelta(days=1)
                builders.covered(session, DayRange(date(2020, 1, 1), yesterday))
            done = await asyncio.to_thread(run, "review", "--period", month, "--yes")

    assert stale.status == 2
    assert f"its last covered day is {month.first_day}" in stale.err
    assert (done.status, f"monthly/{month}: done" in done.out) == (0, True)
    counts = {line.split("│")[1].strip() for line in done.out.splitlines() if "│" in line}
    assert {"judged", "below", "case", "started"} <= counts
