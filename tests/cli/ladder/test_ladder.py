"""`partners candidates|approve|decline|add|appraise`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from temporalio.service import RPCError, RPCStatusCode

from activities.ladder.partner_notice_activities import compose
from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_workers, running
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.ladder.ladder import CandidateState, Promotion
from partners.domain.ladder.view import TellPromotion
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.entering import Approval
from partners.domain.time.calendar import Month
from partners.settings import Mode, Settings
from partners.store.cases.cases import new_case
from partners.store.engine.database import Database
from partners.store.judging import appraisals
from partners.store.ladder import ladder, proposals
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow, ReviewRow
from partners.temporal import connecting
from partners.temporal.connecting import register_search_attributes
from partners.use_cases.ladder import promotions
from tests import builders
from tests.servers import address, dev_server

Run = Callable[..., Any]
NOW = datetime.now(UTC)
LONG_AGO = date(2020, 1, 1)
ENTER = {"orders_per_month": {"at_least": 10}}
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "silver", "kind": "preferred", "removal": "down", "enter": ENTER},
    {"key": "gold", "kind": "strategic", "removal": "down", "enter": ENTER},
]
FOUND = Finding("orders_per_month", Decimal(12), Decimal(10), True, 1, 1, 1, Verdict.PASSING)


class Carrier:
    """Stands in for Temporal and a worker: carries out what a command approved."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.started: list[str] = []
        self.error: RPCError | None = None
        self.idle = False

    def __call__(self, _client: object) -> Carrier:
        return self

    async def start(self, partner_id: str) -> None:
        if self.error is not None:
            raise self.error
        self.started.append(partner_id)
        with self.database.write() as session:
            row = ladder.candidate_of(session, partner_id, ["approved"])
            if row is not None and not self.idle:
                partner = session.get_one(PartnerRow, partner_id)
                ladder.carry_out(session, row, partner, builders.a_policy(tiers=TIERS), NOW)


async def nothing_there() -> None:
    """Instead of a connection."""


@pytest.fixture
def carrier(database: Database, monkeypatch: pytest.MonkeyPatch) -> Carrier:
    """A program with acme waiting for silver and ben in silver; and no Temporal."""
    builders.accept(database, builders.a_policy(tiers=TIERS))
    a_candidate(database)
    with database.write() as session:
        builders.a_partner(session, "ben", tier="silver")
        builders.a_partner(session, "cy", tier=None, tier_since=None)
    carrier = Carrier(database)
    monkeypatch.setattr(connecting, "connect", nothing_there)
    monkeypatch.setattr("partners.temporal.running.RunningPromotions", carrier)
    monkeypatch.setattr(promotions, "LOOK_SECONDS", 0.3)
    return carrier


def a_candidate(database: Database) -> None:
    with database.write() as session:
        builders.a_partner(session, "acme", tier="bronze")
        session.add(
            ReviewRow(
                review_id="monthly/2026-10",
                kind="monthly",
                period="2026-10",
                month=202610,
                as_of=NOW.date(),
                policy_version=1,
                status="done",
                claimed_by="tests",
                started_at=NOW,
                counts={},
            )
        )
        session.flush()
        proposals.propose(
            session,
            {"acme": Promotion("acme", "bronze", "silver", (FOUND,))},
            policy_version=1,
            approval=Approval.STAFF,
            review_id="monthly/2026-10",
            now=NOW,
        )


def tier_of(database: Database, partner_id: str) -> str | None:
    with database.read() as session:
        return session.get_one(PartnerRow, partner_id).tier


def open_case(database: Database, partner_id: str) -> None:
    with database.write() as session:
        new_case(
            session,
            session.get_one(PartnerRow, partner_id),
            month=Month(2026, 9),
            since=LONG_AGO,
            policy_version=1,
            repeat=False,
            opened_at=NOW,
            period_days=45,
            findings=[FOUND],
        )


@pytest.mark.usefixtures("carrier")
def test_candidates_are_listed_with_what_was_found(run: Run) -> None:
    ran = run("candidates")
    assert ran.status == 0
    for words in ("acme", "bronze", "silver", "12 orders a month, 10 required", "waiting"):
        assert words in ran.out
    (listed,) = json.loads(run("candidates", "--json").out)
    assert listed["partner_id"] == "acme"
    assert listed["findings"][0]["actual"] == "12"
    assert (listed["state"], listed["review_id"]) == ("waiting", "monthly/2026-10")


def test_approve_promotes_and_says_so(run: Run, carrier: Carrier) -> None:
    ran = run("approve", "acme", "--reason", "well done", "--by", "ann", "--yes")
    assert (ran.status, ran.err) == (0, "")
    assert "acme has moved from bronze to silver" in ran.out
    assert tier_of(carrier.database, "acme") == "silver"
    assert "No candidates wait" not in run("candidates").out  # the partner has yet to be told
    (listed,) = json.loads(run("candidates", "--all", "--json").out)
    assert (listed["who"], listed["reason"], listed["state"]) == ("ann", "well done", "promoted")


def test_a_promotion_is_shown_with_its_mail_and_asked_about(
    run: Run, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda _, abort: False)
    for command, tiers in (
        (("approve", "acme", "--reason", "well done"), "acme: from bronze to silver"),
        (("add", "cy", "--tier", "gold", "--notes", "a win"), "cy: from no tier to gold"),
    ):
        ran = run(*command)
        assert (ran.status, ran.err) == (2, "error: nothing was done\n")
        assert ran.out.startswith(f"{tiers}\nThe partner gets this mail:\nSubject: ")
    assert (tier_of(carrier.database, "acme"), carrier.started) == ("bronze", [])
    assert "No candidates wait" not in run("candidates").out


def test_a_quiet_promotion_is_recorded_as_such_and_sends_nothing(
    run: Run, carrier: Carrier
) -> None:
    ran = run("approve", "acme", "--reason", "well done", "--quiet", "--yes")
    assert "The partner gets no mail: not told, as was said." in ran.out
    assert "has moved from bronze to silver; the partner is not told." in ran.out
    with carrier.database.read() as session:
        row = session.scalars(select(CandidateRow)).one()
        told = TellPromotion(row.candidate_id, NoticeKind.PROMOTED)
        assert compose(session, told, NOW) == "not told, as was said"
    assert "to silver, quietly" in run("show", "acme").out


def test_approving_again_changes_nothing(run: Run, carrier: Carrier) -> None:
    run("approve", "acme", "--reason", "well done", "--yes")
    ran = run("approve", "acme", "--reason", "again", "--yes")
    assert ran.status == 0
    assert tier_of(carrier.database, "acme") == "silver"


def test_a_start_that_fails_can_be_repeated(run: Run, carrier: Carrier) -> None:
    carrier.error = RPCError("unavailable", RPCStatusCode.UNAVAILABLE, b"")
    ran = run("approve", "acme", "--reason", "well done", "--yes")
    assert ran.status == 2
    assert "try again: partners approve acme" in ran.err
    carrier.error = None
    assert run("approve", "acme", "--reason", "well done", "--yes").status == 0
    assert tier_of(carrier.database, "acme") == "silver"


def test_without_a_worker_it_says_what_to_run(run: Run, carrier: Carrier) -> None:
    carrier.idle = True
    ran = run("approve", "acme", "--reason", "well done", "--yes")
    assert ran.status == 2
    assert "no worker has taken it" in ran.err


def test_decline_keeps_the_tier_and_says_for_how_long(run: Run, carrier: Carrier) -> None:
    ran = run("decline", "acme", "--reason", "not yet", "--by", "ann")
    assert ran.status == 0
    assert "after 30 days" in ran.out
    assert tier_of(carrier.database, "acme") == "bronze"
    assert "No candidates wait." in run("candidates").out
    assert "declined by ann: not yet" in run("candidates", "--all").out


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize("verb", ["approve", "decline"])
def test_who_is_no_candidate_is_refused_with_the_way(run: Run, verb: str) -> None:
    ran = run(verb, "ben", "--reason", "why not")
    assert ran.status == 2
    assert "partners candidates" in ran.err
    assert "partners add ben" in ran.err


COMMANDS = [
    ("approve", "acme", "--reason", "x", "--yes"),
    ("add", "acme", "--tier", "gold", "--notes", "x", "--yes"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=["approve", "add"])
def test_rule_16_with_an_open_case_the_tier_stays_and_the_way_is_named(
    run: Run, carrier: Carrier, arguments: tuple[str, ...]
) -> None:
    open_case(carrier.database, "acme")
    ran = run(*arguments)
    assert ran.status == 2
    assert "partners cancel-case acme" in ran.err
    assert (tier_of(carrier.database, "acme"), carrier.started) == ("bronze", [])


@pytest.mark.parametrize("arguments", COMMANDS, ids=["approve", "add"])
@pytest.mark.parametrize(
    ("kind", "words"), [("pin", "a person has pinned the tier"), ("block", "beyond reviews")]
)
def test_rule_16_another_person_s_word_holds(
    run: Run, carrier: Carrier, arguments: tuple[str, ...], kind: str, words: str
) -> None:
    with carrier.database.write() as session:
        session.add(
            OverrideRow(partner_id="acme", kind=kind, from_day=LONG_AGO, who="Ben", reason="r")
        )
    ran = run(*arguments)
    assert ran.status == 2
    assert words in ran.err
    with carrier.database.read() as session:
        assert session.scalar(select(func.count()).select_from(CandidateRow)) == 1


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize(
    "arguments",
    [
        ("approve", "acme", "--reason", " "),
        ("decline", "acme", "--reason", ""),
        ("add", "cy", "--tier", "gold", "--notes", ""),
        ("approve", "acme", "--reason", "x", "--by", ""),
    ],
)
def test_rule_16_who_and_why_must_be_said(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.status == 2
    assert "say who you are and why" in ran.err


def test_add_puts_a_partner_in_and_keeps_the_notes(run: Run, carrier: Carrier) -> None:
    ran = run("add", "cy", "--tier", "gold", "--notes", "a strategic win", "--by", "ann", "--yes")
    assert (ran.status, ran.err) == (0, "")
    assert "cy has moved from no tier to gold" in ran.out
    with carrier.database.read() as session:
        (note,) = appraisals.notes_of(session, "cy")
    assert (note.text, note.who) == ("a strategic win", "ann")
    assert tier_of(carrier.database, "cy") == "gold"


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize(
    ("partner", "tier", "words"),
    [
        ("cy", "platinum", "its tiers are bronze, silver, gold"),
        ("ben", "silver", "ben is in silver already"),
        ("ben", "bronze", "partners are added to a higher tier only"),
        ("nobody", "gold", "unknown partner 'nobody'"),
    ],
)
def test_add_refuses_what_makes_no_sense(run: Run, partner: str, tier: str, words: str) -> None:
    ran = run("add", partner, "--tier", tier, "--notes", "x", "--yes")
    assert ran.status == 2
    assert words in ran.err


def test_add_while_another_promotion_is_under_way(run: Run, carrier: Carrier) -> None:
    run("approve", "acme", "--reason", "well done", "--yes")
    ran = run("add", "acme", "--tier", "gold", "--notes", "x", "--yes")
    assert ran.status == 2
    assert "a promotion of acme to silver is under way" in ran.err


# ---- appraisals ----


@pytest.mark.usefixtures("carrier")
def test_an_appraisal_is_dated_signed_and_shown(run: Run) -> None:
    ran = run(
        *("appraise", "acme", "expertise", "--met", "--notes", "two certified people"),
        *("--by", "ann", "--on", "2026-02-28"),
    )
    assert (ran.status, ran.err) == (0, "")
    assert "Expertise is met as of 2026-02-28, by ann; it counts until 2027-02-28" in ran.out
    assert "two certified people" in run("appraise", "acme").out
    assert "Nothing is recorded" in run("appraise", "ben").out


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("expertize", "--met", "--notes", "x"), "did you mean expertise?"),
        (("expertise", "--notes", "x"), "--met or --not-met"),
        (("expertise", "--met"), "--notes"),
        (
            ("expertise", "--met", "--notes", "x", "--on", f"{NOW + timedelta(days=3):%Y-%m-%d}"),
            "is in the future",
        ),
    ],
)
def test_a_wrong_appraisal_is_refused(run: Run, arguments: tuple[str, ...], words: str) -> None:
    ran = run("appraise", "acme", *arguments)
    assert ran.status == 2
    assert words in ran.err


# ---- end to end ----


async def test_approve_on_a_real_server_promotes_and_sends_the_mail(
    run: Run, database: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders.accept(database, builders.a_policy(tiers=TIERS))
    a_candidate(database)
    settings = Settings(_env_file=None, mode=Mode.TEST, database_url=url, activity_threads=4)
    async with dev_server() as environment:
        await register_search_attributes(environment.client)
        monkeypatch.setenv("TEMPORAL_ADDRESS", address(environment))
        services = build_services(settings, database)
        workers = build_workers(environment.client, settings, services)
        async with running(workers):
            ran = await asyncio.to_thread(run, "approve", "acme", "--reason", "well done", "--yes")
            assert (ran.status, ran.err) == (0, "")
            for _ in range(100):
                with database.read() as session:
                    (state,) = session.scalars(select(CandidateRow.state))
                if state == CandidateState.TOLD:
                    break
                await asyncio.sleep(0.1)
    with database.read() as session:
        (message,) = session.scalars(select(OutboxRow))
    assert (message.kind, message.state) == ("promoted", "accepted")
