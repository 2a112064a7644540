"""What a review reads of partners: the same facts, page by page, as month by month."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from partners.domain.judging.assessment import assess_months
from partners.domain.judging.coverage import DayRange
from partners.domain.policy.metrics import BUILT_IN, TOTAL_NAMES
from partners.domain.policy.policy import Policy
from partners.domain.record.note_types import NoteType
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.judging import appraisals, facts, window_sums
from partners.store.judging.histories import histories
from partners.store.judging.judging import Judge, Judged, judge_all
from partners.store.judging.window_sums import Range
from partners.store.tables.feed_tables import (
    CoverageRow,
    FedMetricRow,
    ImportRow,
    MonthlyTotalRow,
    UnknownDaysRow,
)
from tests import builders

LAST = Month(2026, 10)
AS_OF = date(2026, 11, 10)
AT = datetime(2026, 11, 10, tzinfo=UTC)
MONTHS = [LAST.plus(-n) for n in range(13)]
GAP = LAST.plus(-4)
SINCE = [
    date(2020, 1, 1),
    date(2026, 6, 15),
    date(2026, 7, 31),  # August is their first month
    date(2026, 8, 1),  # September is
    date(2026, 10, 1),  # no month yet
    date(2026, 11, 5),
]


def a_policy(**sections: object) -> Policy:
    """Every metric once, with windows from 1 to 12 months."""
    keep: dict[str, object] = {
        name: {"at_least": "0.5", "window_months": 2 + n if n % 2 == 0 else 1 + n}
        for n, name in enumerate(BUILT_IN)
        if name not in ("tenure_months", "growth", "complaints")
    }
    keep["complaints"] = {"at_most": 2, "window_months": 5}
    keep["growth"] = {"at_least": "-0.2", "window_months": 4}
    keep["nps"] = {"at_least": 5, "window_months": 3}
    tiers = [
        {"key": "bronze", "kind": "public"},
        {"key": "silver", "kind": "preferred", "enter": {"orders_per_month": {"at_least": 4}}},
        {"key": "gold", "kind": "strategic", "enter": keep},
    ]
    return builders.a_policy(metrics={"nps": {"label": "NPS"}}, tiers=tiers, **sections)


def fill(database: Database, count: int = 60) -> None:
    """Partners of every tier, some new, some without orders; a month that the feed lacks."""
    dice = random.Random(3)
    with database.write() as session:
        imported = ImportRow(
            kind="orders", file_name="", imported_at=builders.datetime.now(builders.UTC),
            rows=0, new=0, corrected=0, rejected=0,
        )  # fmt: skip
        session.add(imported)
        session.flush()
        for first, last in (
            (MONTHS[-1].first_day, GAP.plus(-1).last_day),
            (GAP.plus(1).first_day, AS_OF),
        ):
            session.add(CoverageRow(first_day=first, last_day=last, import_id=imported.import_id))
        for n in range(0, count, 4):  # rows of theirs were rejected
            for order_id in "ab":
                day = dice.choice(MONTHS).first_day
                row = UnknownDaysRow(
                    partner_id=f"p{n:03d}", order_id=order_id, first_day=day, last_day=day,
                    import_id=imported.import_id,
                )  # fmt: skip
                session.add(row)
        for n in range(count):
            since = dice.choice(SINCE)
            tier = dice.choice(["bronze", "silver", "gold", "gold", None])
            builders.a_partner(session, f"p{n:03d}", tier=tier, tier_since=since)
        totals = [
            {"partner_id": f"p{n:03d}", "month": month.number}
            | {name: dice.randrange(8) for name in TOTAL_NAMES}
            for n in range(count)
            for month in MONTHS
            if dice.random() < 0.8
        ]
        session.execute(insert(MonthlyTotalRow), totals)
        fed = [
            {
                "partner_id": f"p{n:03d}",
                "metric": "nps",
                "month": month.number,
                "value": Decimal(dice.randrange(100)) / 10,
                "sample": dice.randrange(3),
            }
            for n in range(count)
            for month in MONTHS[:4]
            if dice.random() < 0.6
        ]
        session.execute(insert(FedMetricRow), fed)
        for n in range(count):
            for month in dice.choices(MONTHS, k=dice.randrange(6)):
                withdrawn = AT if dice.random() < 0.3 else None
                who = f"p{n:03d}"
                builders.a_complaint(session, who, month.first_day, withdrawn_at=withdrawn)


def judged_by_pages(database: Database, policy: Policy, size: int = 7) -> dict[str, Judged]:
    found: dict[str, Judged] = {}
    with database.read() as session:
        judge = Judge.of(session, policy, LAST, AS_OF)
        ids = Range()
        while (page := judge.next_page(session, ids, size)) is not None:
            found.update((j.partner_id, j) for j in page.judged)
            ids = Range(page.last_id)
    return found


def assert_as_month_by_month(database: Database, policy: Policy) -> None:
    found = judged_by_pages(database, policy)
    with database.read() as session:
        judge = Judge.of(session, policy, LAST, AS_OF)
        since = {
            name: history.since(policy.review.judge_from)
            for name, history in histories(session, judge.calendar, list(found)).items()
        }
        known = facts.monthly_facts(session, list(found), policy, LAST, since)
    for name, judged in found.items():
        criteria = policy.keep_standards(judged.tier)
        assert judged.assessment == assess_months(policy, criteria, known[name], LAST, AS_OF), name
    assert {j.assessment.verdict for j in found.values()} == {"passing", "below", "insufficient"}


def test_everybody_is_judged_as_month_by_month(database: Database) -> None:
    fill(database)
    assert_as_month_by_month(database, a_policy())


def test_a_month_with_unknown_days_is_held_against_nobody(database: Database) -> None:
    policy = builders.a_policy()
    with database.write() as session:
        for name in ("acme", "other"):
            builders.a_partner(session, name)
        builders.covered(session, DayRange(date(2026, 1, 1), AS_OF))
        unknown = {"first_day": LAST.first_day, "last_day": LAST.first_day, "import_id": 1}
        session.add(UnknownDaysRow(partner_id="acme", order_id="", **unknown))

    judged = judged_by_pages(database, policy)

    assert (judged["other"].action, judged["acme"].action) == ("case", "none")
    assert judged["acme"].assessment.verdict == "insufficient"


def test_months_before_judge_from_count_for_nobody(database: Database) -> None:
    fill(database)
    assert_as_month_by_month(database, a_policy(review={"judge_from": "2026-07-10"}))


def test_partners_in_no_tier_or_a_public_one_are_not_judged(database: Database) -> None:
    fill(database)
    assert {j.tier for j in judged_by_pages(database, a_policy()).values()} == {"silver", "gold"}


def test_rule_26_notes_enter_no_verdict(database: Database) -> None:
    fill(database)
    before = judged_by_pages(database, a_policy())

    with database.write() as session:
        for name in before:
            for type_ in NoteType:
                words = "rating 1.0; complaints 9; below standards, remove them"
                appraisals.note(session, name, words, who="Ann", at=AT, type=type_)

    assert judged_by_pages(database, a_policy()) == before


def test_nobody_is_judged_twice_or_left_out_whatever_the_size_of_a_page(
    database: Database,
) -> None:
    fill(database)
    with database.read() as session:
        whole = list(judge_all(session, a_policy(), LAST, AS_OF))
    expected = [j.partner_id for page in whole for j in page.judged]

    for size in (1, 3, 1000):
        assert sorted(judged_by_pages(database, a_policy(), size)) == expected


def test_a_partners_totals_are_not_summed_again_for_each_month_in_which_others_entered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed: list[str] = []
    driver_rows = window_sums.driver_rows

    def counted(*asked: Any) -> list[tuple[Any, ...]]:
        rows = driver_rows(*asked)
        summed.extend(row[-1] for row in rows)
        return rows

    monkeypatch.setattr(window_sums, "driver_rows", counted)
    fill(database)
    with database.read() as session:
        page = Judge.of(session, a_policy(), LAST, AS_OF).next_page(session, Range())
    assert page is not None
    assert len(page.judged) > 20
    assert len(set(summed)) > 10
    assert max(Counter(summed).values()) <= 2  # with most of the page, or alone


def test_ranges_share_the_partners_out(database: Database) -> None:
    fill(database)
    with database.read() as session:
        split = window_sums.ranges(session, most=4, size=10)
        pages = [window_sums.partners_page(session, r, 1000, everybody=True) for r in split]
        one = window_sums.ranges(session, most=4, size=100)

    assert len(split) == 4
    assert [p.partner_id for page in pages for p in page] == [f"p{n:03d}" for n in range(60)]
    assert [len(page) for page in pages] == [15, 15, 15, 15]
    assert one == [Range()]


def test_a_feed_without_a_month_of_orders_counts_that_month_as_zero(database: Database) -> None:
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.covered(session, DayRange(date(2026, 1, 1), AS_OF))

    judged = judged_by_pages(database, builders.a_policy())["acme"]

    assert [(f.metric, f.actual, f.verdict) for f in judged.assessment.findings] == [
        ("orders_per_month", Decimal(0), "below"),
        ("acceptance_rate", None, "insufficient"),
    ]
    assert judged.action == "case"
