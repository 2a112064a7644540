"""A period is claimed once, and a partner judged once in it."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import select

from partners.domain.judging.assessment import Assessment, Finding, Verdict
from partners.domain.reviews.review import Action, Period, ReviewKind, ReviewStatus, period_on
from partners.store.cases import guard
from partners.store.engine.database import Database
from partners.store.reviews import reviews
from partners.store.tables.findings import from_json, to_json
from partners.store.tables.review_tables import ReviewAssessmentRow, ReviewRow
from tests import builders

NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)
DAY = date(2026, 11, 10)
MONTHLY = period_on(ReviewKind.MONTHLY, DAY, 3)


def finding(verdict: Verdict, actual: str | None = "6.5") -> Finding:
    number = None if actual is None else Decimal(actual)
    return Finding("orders_per_month", number, Decimal(10), True, 1, 1, 1, verdict)


def claimed(database: Database, by: str = "one", period: Period = MONTHLY) -> tuple[str, bool]:
    with database.write() as session:
        row, new = reviews.claim(session, period, as_of=DAY, policy_version=1, by=by, now=NOW)
        return row.claimed_by, new


def test_a_period_is_claimed_once(database: Database) -> None:
    builders.accept(database, builders.a_policy())

    assert claimed(database, "one") == ("one", True)
    assert claimed(database, "two") == ("one", False)
    assert claimed(database, "two", period_on(ReviewKind.DAILY, DAY, 3)) == ("two", True)


def test_rule_09_of_two_that_claim_at_once_one_gets_the_period(database: Database) -> None:
    builders.accept(database, builders.a_policy())
    found: list[tuple[str, bool]] = []
    start = threading.Barrier(4)

    def work(name: str) -> None:
        start.wait()
        found.append(claimed(database, name))

    threads = [threading.Thread(target=work, args=(f"run {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(new for _, new in found) == [False, False, False, True]
    assert len({by for by, _ in found}) == 1


def test_a_refused_review_may_be_claimed_anew(database: Database) -> None:
    builders.accept(database, builders.a_policy())
    claimed(database, "one")
    with database.write() as session:
        row = reviews.find(session, MONTHLY.review_id)
        assert row is not None
        reviews.close(row, ReviewStatus.REFUSED, "stale feed", NOW)

    assert claimed(database, "two") == ("two", True)
    with database.read() as session:
        row = session.get_one(ReviewRow, MONTHLY.review_id)
        assert (row.status, row.detail, row.finished_at) == ("running", None, None)


def test_a_partner_is_recorded_once_and_findings_read_as_decisions_do(database: Database) -> None:
    builders.accept(database, builders.a_policy())
    claimed(database)
    findings = (finding(Verdict.BELOW), finding(Verdict.INSUFFICIENT, None))
    page = [
        ("acme", "preferred", Assessment(findings), Action.CASE),
        ("ünïcode", "preferred", Assessment(()), Action.NONE),
    ]
    for judged in (page, page):
        with database.write() as session:
            reviews.record(session, MONTHLY.review_id, judged)

    with database.read() as session:
        rows = session.scalars(select(ReviewAssessmentRow)).all()
        stored = {row.partner_id: row for row in rows}
        assert stored.keys() == {"acme", "ünïcode"}
        assert stored["acme"].findings == to_json(findings)
        assert from_json(stored["acme"].findings) == findings
        assert reviews.counted(session, MONTHLY.review_id) == {
            "judged": 2, "passing": 1, "below": 1, "insufficient": 0, "case": 1,
        }  # fmt: skip
        assert reviews.to_act_on(session, MONTHLY.review_id, Action.CASE) == ["acme"]
        assert reviews.to_act_on(session, MONTHLY.review_id, Action.CASE, "acme") == []


def test_what_one_review_waits_for_another_of_the_month_leaves_alone(database: Database) -> None:
    builders.accept(database, builders.a_policy())
    daily = period_on(ReviewKind.DAILY, DAY, 3)
    claimed(database)
    claimed(database, period=daily)
    with database.write() as session:
        guard.request(session, MONTHLY.review_id, ["acme"], "two of three", NOW)
    with database.read() as session:
        assert reviews.held_by_others(session, daily.review_id, 202610, ["acme"]) == {"acme"}
        assert reviews.held_by_others(session, daily.review_id, 202609, ["acme"]) == set()
        assert reviews.held_by_others(session, MONTHLY.review_id, 202610, ["acme"]) == set()
    with database.write() as session:
        guard.decide(session, MONTHLY.review_id, True, "Ann", "fine", NOW)
    with database.read() as session:
        assert reviews.held_by_others(session, daily.review_id, 202610, ["acme"]) == set()
