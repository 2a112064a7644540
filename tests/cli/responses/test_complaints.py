"""`partners complaint`, the steps in `partners show`, and check-ins in a dry run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from partners.domain.judging.coverage import DayRange
from partners.domain.reviews.review import newest_settled
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.record import audit, audit_check
from partners.store.responses import responses
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.response_tables import ComplaintRow, ResponseRow
from partners.temporal import connecting, running
from tests import builders

Run = Callable[..., Any]
NOW = datetime.now(UTC)
TODAY = NOW.date()
STEPS = ["check_in", "warning", "removal"]
TEXT = "Mrs Miller says the parcel was open"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which partners' cases would be signalled."""
    names: list[str] = []

    async def connect() -> None: ...

    async def signal(_client: object, partners: list[str], *_: object) -> list[str]:
        names.extend(partners)
        return []

    monkeypatch.setattr(connecting, "connect", connect)
    monkeypatch.setattr(running, "signal_cases", signal)
    return names


@pytest.fixture
def program(database: Database, told: list[str]) -> Database:
    accept(database)
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.orders(session, "acme", TODAY - timedelta(days=9), TODAY, 3)
        builders.covered(session, DayRange(date(2020, 1, 1), TODAY - timedelta(days=1)))
    return database


def accept(database: Database, **sections: Any) -> None:
    asked = {"complaints": {"at_most": 0}}
    keep = {"complaints": {"at_most": 0, "response": STEPS}}
    tier = {"key": "preferred", "kind": "preferred", "enter": asked, "keep": keep}
    builders.accept(database, builders.a_policy(tiers=[tier], **sections))


def rows(database: Database) -> list[ComplaintRow]:
    with database.read() as session:
        return list(session.scalars(select(ComplaintRow).order_by(ComplaintRow.complaint_id)))


def add(run: Run, *more: object, severity: str = "minor") -> Any:
    given = ("--severity", severity, "--text", TEXT, "--by", "Ann")
    return run("complaint", "add", "acme", *given, *more)


def test_a_complaint_is_recorded_with_who_and_when(run: Run, program: Database) -> None:
    order = f"acme/{TODAY - timedelta(days=9)}/completed/0"
    ran = add(run, "--about", order, "--on", TODAY - timedelta(days=2))

    assert ran.status == 0, ran.err
    month = Month.of(TODAY - timedelta(days=2))
    assert ran.out == f"Complaint 1 about acme is recorded for {month}.\n"
    (row,) = rows(program)
    assert (row.partner_id, row.severity, row.text, row.order_id, row.who) == (
        "acme",
        "minor",
        TEXT,
        order,
        "Ann",
    )
    assert row.received_on == TODAY - timedelta(days=2)


def test_rule_18_what_was_complained_of_is_in_no_audit(run: Run, program: Database) -> None:
    add(run)
    with program.snapshot() as session:
        links = list(audit.links(session))
        assert audit_check.verify(session).broken is None
    recorded = links[-1]
    assert (recorded.kind, recorded.actor, recorded.partner_id) == ("complaint", "Ann", "acme")
    assert "Miller" not in "".join(link.details for link in links)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--on", TODAY + timedelta(days=2)), "in the future"),
        (("--about", "nobody's"), 'acme has no order "nobody\'s"'),
        (("--text", " "), "--text must not be blank"),
        (("--by", ""), "--by must not be blank"),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(
    run: Run, program: Database, arguments: tuple[object, ...], reason: str
) -> None:
    ran = add(run, *arguments)
    assert ran.status == 2
    assert reason in ran.err
    assert len(ran.err.splitlines()) == 1
    assert rows(program) == []


def test_an_unknown_partner_is_refused(run: Run, program: Database) -> None:
    ran = run("complaint", "add", "nobody", "--severity", "minor", "--text", "x", "--by", "Ann")
    assert (ran.status, ran.out) == (2, "")
    assert "unknown partner 'nobody'" in ran.err


def test_a_serious_one_waits_for_a_person(run: Run, program: Database) -> None:
    ran = add(run, severity="serious")
    assert "waits for a person: partners inbox" in ran.out
    with program.read() as session:
        (step,) = responses.of_partner(session, "acme")
    assert (step.subject, step.step, step.actor) == ("complaint/1", "staff", "Ann")
    assert "complaint 1" in run("inbox").out

    assert run("complaint", "settle", 1, "--reason", "talked", "--by", "Bo").status == 0

    assert "complaint 1" not in run("inbox").out
    assert "settled by Bo: talked" in run("complaint", "list", "acme").out


@pytest.fixture
def teller(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In place of the server: whom it was to tell of a person's decision."""
    told: list[str] = []

    class Interventions:
        def __init__(self, client: object) -> None: ...

        async def start(self, partner_id: str) -> None:
            told.append(partner_id)

    class Deliveries(Interventions):
        async def start(self, partner_id: str) -> None: ...

    async def connect() -> None: ...

    monkeypatch.setattr(connecting, "connect", connect)
    monkeypatch.setattr(running, "RunningInterventions", Interventions)
    monkeypatch.setattr(running, "RunningDeliveries", Deliveries)
    return told


@pytest.fixture
def blocking(database: Database, told: list[str], teller: list[str]) -> Database:
    """A program that blocks at once for a serious complaint."""
    accept(database, complaints={"serious": "block"})
    with database.write() as session:
        builders.a_partner(session, "acme")
    return database


def test_staff_read_what_a_partner_is_told_in_english_too(
    run: Run, blocking: Database, teller: list[str]
) -> None:
    with blocking.write() as session:
        session.get_one(PartnerRow, "acme").language = "de"
    ran = add(run, "--yes", severity="serious")
    assert "Ihr Konto ist eingeschränkt" in ran.out
    assert "In English:\nSubject: " in ran.out
    assert "your account is restricted" in ran.out


def test_a_serious_one_blocks_where_the_policy_says_so(
    run: Run, blocking: Database, teller: list[str]
) -> None:
    ran = add(run, "--yes", severity="serious")

    assert ran.status == 0, ran.err
    assert "acme: blocked\n" in ran.out
    assert "The partner gets this mail:" in ran.out
    assert "In English:" not in ran.out
    assert TEXT not in ran.out
    assert teller == ["acme"]
    with blocking.read() as session:
        (override,) = session.scalars(select(OverrideRow))
        (step,) = responses.of_partner(session, "acme")
    assert (override.kind, override.who, override.reason) == (
        "block",
        "Ann",
        "serious complaint 1",
    )
    assert (step.subject, step.step) == ("complaint/1", "block")
    assert rows(blocking)[0].settled_how == "blocked at once"


def test_a_block_that_is_refused_leaves_the_complaint_for_a_person(
    run: Run, blocking: Database
) -> None:
    add(run, "--yes", severity="serious")
    ran = add(run, "--yes", severity="serious")
    assert ran.status == 2
    assert "complaint 2 is recorded and waits for a person" in ran.err
    assert "blocked already" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert [row.settled_at is None for row in rows(blocking)] == [False, True]


@pytest.mark.parametrize(
    ("severity", "before", "reason"),
    [("minor", (), "is minor"), ("serious", ("settle",), "was settled on")],
)
def test_only_a_serious_one_is_settled_and_once(
    run: Run, program: Database, severity: str, before: tuple[str, ...], reason: str
) -> None:
    add(run, severity=severity)
    for command in before:
        run("complaint", command, 1, "--reason", "x", "--by", "Bo")
    ran = run("complaint", "settle", 1, "--reason", "again", "--by", "Cy")
    assert (ran.status, reason in ran.err) == (2, True)


def test_one_that_is_withdrawn_does_not_count_and_stays_on_record(
    run: Run, program: Database
) -> None:
    add(run, severity="serious")
    ran = run("complaint", "withdraw", 1, "--reason", "mixed up", "--by", "Bo")
    assert ran.out == "Complaint 1 about acme is withdrawn.\n"
    (row,) = rows(program)
    assert (row.withdrawn_by, row.withdrawn_why) == ("Bo", "mixed up")
    with program.read() as session:
        (step,) = responses.of_partner(session, "acme")
    assert step.withdrawn == "the complaint was withdrawn by Bo"
    again = run("complaint", "withdraw", 1, "--reason", "x", "--by", "Cy")
    assert "was withdrawn on" in again.err
    assert run("complaint", "withdraw", 7, "--reason", "x", "--by", "Cy").err.startswith(
        "error: there is no complaint 7"
    )


def test_without_a_criterion_it_is_said_that_it_is_only_listed(
    run: Run, database: Database, told: list[str]
) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
    assert "only listed" in add(run).out


# ---- steps ----


def a_check_in(database: Database) -> None:
    with database.write() as session:
        session.add(
            ResponseRow(
                partner_id="acme",
                subject="complaints",
                month=202610,
                step="check_in",
                taken_on=date(2026, 11, 4),
                recorded_at=datetime(2026, 11, 4, 9, tzinfo=UTC),
                tier="preferred",
                why="2 complaints, at most 0 allowed; the first issue within 180 days",
                findings=[],
                policy_version=1,
                actor="workflow run-1",
                notice_key="check_in/2026-10/acme/complaints",
                told_at=datetime(2026, 11, 4, 9, tzinfo=UTC),
                result="sent",
            )
        )


def test_show_lists_the_steps_taken_and_why(run: Run, program: Database) -> None:
    a_check_in(program)
    add(run)

    out = run("show", "acme").out

    (line,) = [line for line in out.splitlines() if "check-in" in line]
    for words in ("Complaints", "2026-10", "2026-11-04", "at most 0 allowed", "sent"):
        assert words in line
    assert TEXT in out
    (step,) = json.loads(run("show", "acme", "--json").out)["steps"]
    assert (step["step"], step["about"], step["result"]) == ("check_in", "complaints", "sent")


def test_a_dry_run_shows_who_would_be_checked_in_on(run: Run, program: Database) -> None:
    with program.write() as session:
        month = newest_settled(TODAY, 3)
        builders.a_complaint(session, "acme", month.last_day)
        builders.a_complaint(session, "acme", TODAY - timedelta(days=1))  # nor cured since

    ran = run("review", "--dry-run", "--kind", "monthly", "--mails")

    (line,) = [line for line in ran.out.splitlines() if "│ check in" in line]
    assert "1 complaint, at most 0 allowed" in line
    assert "How are things going? A friendly word from us" in line
    assert "This is a friendly word and no warning" in ran.out
    with program.read() as session:
        assert responses.of_partner(session, "acme") == []


def test_policy_check_says_what_is_answered_by_a_check_in(run: Run, program: Database) -> None:
    out = run("policy", "show").out
    assert "a check-in before a warning" in " ".join(out.split())
    assert "A check-in is remembered: 180 days" in out
    assert "A serious complaint: waits for a person: partners inbox" in out
