"""`partners guard`: what waits for a person, and the person's word (rule 13)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from partners.domain.time.calendar import Month
from partners.store.cases import guard
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.review_tables import ReviewRow
from partners.use_cases.acting import Manager
from partners.use_cases.cases import case_commands
from partners.use_cases.reviews import guarded
from tests import builders
from workflows.grace_period import GracePeriod
from workflows.kit.commands import SignedCommand

Run = Callable[..., Any]
NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)
MANY = [f"partner-{number}" for number in range(5)]


@pytest.fixture
def held(database: Database) -> Database:
    """A review and a case that wait."""
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        session.add(a_review())
        session.add(a_case())
        guard.request(session, "monthly/2035-02", MANY, "5 of 20", NOW)
        guard.request(session, "acme-2035-01", ["acme"], "9 others", NOW)
    return database


def a_review() -> ReviewRow:
    return ReviewRow(
        review_id="monthly/2035-02",
        kind="monthly",
        period="2035-02",
        month=203502,
        as_of=NOW.date(),
        policy_version=1,
        status="waiting",
        claimed_by="review/monthly-2035-02",
        started_at=NOW,
        counts={},
    )


def a_case() -> CaseRow:
    return builders.a_case(
        "acme",
        Month(2035, 1),
        status="on_hold",
        opened_at=NOW,
        hold_reason="guard",
        hold_count=1,
    )


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The commands that would have gone to workflows."""
    commands: list[tuple[Any, ...]] = []

    async def to_case(by: Manager, partner_id: str, update: Any, command: SignedCommand) -> str:
        commands.append((partner_id, update, command))
        return "done"

    async def to_review(
        by: Manager, workflow_id: str, approved: bool, command: SignedCommand
    ) -> str:
        commands.append((workflow_id, approved, command))
        return "done"

    monkeypatch.setattr(case_commands, "command_case", to_case)
    monkeypatch.setattr(guarded, "command_review", to_review)
    return commands


def test_the_list_names_what_waits_and_whom_it_concerns(run: Run, held: Database) -> None:
    listed = run("guard", "list").out
    for words in ("monthly/2035-02", "partner-0", "and 2 more", "5 of 20", "acme-2035-01"):
        assert words in listed
    as_json = json.loads(run("guard", "list", "--json").out)
    assert [row["id"] for row in as_json] == ["acme-2035-01", "monthly/2035-02"]
    assert as_json[1]["partner_ids"] == MANY


def test_an_empty_list_says_so(run: Run, database: Database) -> None:
    assert "The guard holds nothing" in run("guard", "list").out


@pytest.mark.parametrize("word", ["approve", "reject"])
def test_rule_13_a_review_gets_a_persons_word(
    run: Run, held: Database, given: list[tuple[Any, ...]], word: str
) -> None:
    ran = run("guard", word, "monthly/2035-02", "--reason", "checked", "--by", "ann")
    assert (ran.status, ran.out) == (0, "monthly/2035-02: done\n")
    command = SignedCommand("ann", "checked")
    assert given == [("review/monthly-2035-02", word == "approve", command)]


@pytest.mark.parametrize("named", ["acme-2035-01", "acme"])
@pytest.mark.parametrize(
    ("word", "update"), [("approve", GracePeriod.resume), ("reject", GracePeriod.void)]
)
def test_rule_13_a_case_gets_a_persons_word_by_its_id_or_its_partner(
    run: Run, held: Database, given: list[tuple[Any, ...]], word: str, update: Any, named: str
) -> None:
    assert run("guard", word, named, "--reason", "checked", "--by", "ann").status == 0
    assert given == [("acme", update, SignedCommand("ann", "checked"))]


def test_what_does_not_wait_is_refused_with_its_state(
    run: Run, held: Database, given: list[tuple[Any, ...]]
) -> None:
    with held.write() as session:
        guard.decide(session, "monthly/2035-02", True, "Ann", "checked", NOW)
    ran = run("guard", "reject", "monthly/2035-02", "--reason", "no")
    assert (ran.status, "it was approved by Ann (checked)" in ran.err) == (2, True)
    assert given == []


def test_an_unknown_id_is_refused(run: Run, held: Database, given: list[tuple[Any, ...]]) -> None:
    ran = run("guard", "approve", "beta", "--reason", "yes")
    assert (ran.status, "holds nothing under 'beta'" in ran.err) == (2, True)
