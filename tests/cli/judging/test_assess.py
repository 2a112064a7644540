"""`partners assess`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import insert

from partners.domain.policy.metrics import TOTAL_NAMES
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.cases.cases import new_case
from partners.store.engine.database import Database
from partners.store.policy import policies
from partners.store.tables.feed_tables import CoverageRow, ImportRow, MonthlyTotalRow
from partners.store.tables.program_tables import PartnerRow

Run = Callable[..., Any]
NOW = datetime(2026, 10, 10, 12, tzinfo=UTC)
SEPTEMBER = Month(2026, 9)


@pytest.fixture
def program(database: Database) -> Database:
    """Ann passes, Ben is below, Cy has too few answers, Dee is enrolled nowhere."""
    enter = {
        "orders_per_month": {"at_least": 10},
        "acceptance_rate": {"at_least": "0.9", "window_months": 3},
        "tenure_months": {"at_least": 3},
    }
    policy = Policy.model_validate(
        {
            "program": {
                "name": "Program",
                "provider": "Provider",
                "time_zone": "UTC",
                "contact_email": "partners@example.com",
            },
            "staff": {"emails": ["staff@example.com"]},
            "tiers": [{"key": "preferred", "kind": "preferred", "enter": enter}],
        }
    )
    with database.write() as session:
        policies.accept(session, policy, "", NOW, "tests")
        session.add(
            ImportRow(
                import_id=1,
                kind="orders",
                file_name="orders.csv",
                imported_at=NOW,
                rows=1,
                new=1,
                corrected=0,
                rejected=0,
            )
        )
        session.flush()
        session.add(
            CoverageRow(first_day=date(2026, 1, 1), last_day=date(2026, 10, 9), import_id=1)
        )
        for name, tier in {
            "ann": "preferred",
            "ben": "preferred",
            "cy": "preferred",
            "dee": None,
        }.items():
            session.add(
                PartnerRow(
                    partner_id=name,
                    name=name.capitalize(),
                    email=f"{name}@example.com",
                    kind="reseller",
                    joined_on=date(2025, 1, 1),
                    tier=tier,
                    tier_since=date(2025, 1, 1),
                )
            )
        for name, placed, accepted, rejected in (
            ("ann", 20, 20, 0),
            ("ben", 6, 14, 6),
            ("cy", 12, 4, 0),
        ):
            sums = dict.fromkeys(TOTAL_NAMES, 0)
            sums |= {"placed": placed, "accepted": accepted, "rejected": rejected}
            session.execute(
                insert(MonthlyTotalRow).values(partner_id=name, month=SEPTEMBER.number, **sums)
            )
    return database


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def assess(run: Run, *arguments: object) -> dict[str, dict[str, Any]]:
    ran = run("assess", "--json", *arguments)
    assert ran.status == 0, ran.err
    return {one["partner_id"]: one for one in json.loads(ran.out)}


@pytest.mark.usefixtures("program")
def test_json_has_exactly_these_fields(run: Run) -> None:
    found = assess(run, "ben")["ben"]
    assert found == {
        "partner_id": "ben",
        "tier": "preferred",
        "verdict": "below",
        "as_of": "2026-10-10",
        "policy_version": 1,
        "findings": [
            {
                "metric": "orders_per_month",
                "actual": 6,
                "required": 10,
                "sample": 1,
                "verdict": "below",
            },
            {
                "metric": "acceptance_rate",
                "actual": 0.7,
                "required": 0.9,
                "sample": 20,
                "verdict": "below",
            },
        ],
    }


@pytest.mark.usefixtures("program")
def test_everybody_in_a_tier_is_judged(run: Run) -> None:
    verdicts = {name: one["verdict"] for name, one in assess(run).items()}
    assert verdicts == {"ann": "passing", "ben": "below", "cy": "insufficient"}


@pytest.mark.usefixtures("program")
def test_people_get_a_table(run: Run) -> None:
    ran = run("assess")
    assert ran.status == 0
    for words in ("ben", "below", "Acceptance rate", "70 %", "at least 90 %", "2026-09"):
        assert words in ran.out
    assert "dee" not in ran.out


@pytest.mark.usefixtures("program")
def test_a_named_partner_without_a_tier_is_shown_as_not_enrolled(run: Run) -> None:
    assert "not enrolled" in run("assess", "dee").out
    ran = run("assess", "dee", "--json")
    assert json.loads(ran.out) == []
    assert "dee: not enrolled" in ran.err


def test_who_cannot_be_judged_is_named_with_the_reason_and_the_others_are_judged(
    run: Run, program: Database
) -> None:
    with program.write() as session:
        session.get_one(PartnerRow, "ben").joined_on = date(9999, 12, 31)
    ran = run("assess", "--json")
    assert ran.status == 0
    assert {one["partner_id"] for one in json.loads(ran.out)} == {"ann", "cy"}
    assert "ben: cannot be judged: " in ran.err


@pytest.mark.usefixtures("program")
def test_an_unknown_partner_is_named(run: Run) -> None:
    ran = run("assess", "ann", "nobody")
    assert ran.status == 2
    assert "unknown partner nobody" in ran.err


@pytest.mark.usefixtures("program")
def test_a_day_in_the_future_is_refused(run: Run) -> None:
    ran = run("assess", "--as-of", "2026-10-11")
    assert ran.status == 2
    assert "2026-10-11 is in the future" in ran.err


@pytest.mark.usefixtures("program")
def test_rule_04_before_a_month_has_settled_the_one_before_it_is_judged(run: Run) -> None:
    found = assess(run, "ann", "--as-of", "2026-10-03")["ann"]
    assert (found["as_of"], found["verdict"]) == ("2026-10-03", "below")  # August: no orders


def test_rule_03_a_stale_feed_is_said(run: Run, program: Database) -> None:
    with program.write() as session:
        session.query(CoverageRow).update({"last_day": date(2026, 10, 5)})
    ran = run("assess", "--json")
    assert "stale" in ran.err
    assert "2026-10-05" in ran.err
    assert json.loads(ran.out)


def test_rule_10_the_month_in_which_a_case_closed_is_not_held_against_them(
    run: Run, program: Database
) -> None:
    with program.write() as session:
        case = new_case(
            session,
            session.get_one(PartnerRow, "ben"),
            month=Month(2026, 7),
            since=date(2025, 1, 1),
            policy_version=1,
            repeat=False,
            opened_at=datetime(2026, 8, 4, tzinfo=UTC),
            period_days=45,
            findings=[],
        )
        case.closed_at = datetime(2026, 9, 2, tzinfo=UTC)
    assert assess(run, "ben")["ben"]["verdict"] == "insufficient"
