"""`partners extend|pause|waive|reinstate|…`, without an open case, and their previews with one."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.service import RPCError, RPCStatusCode

from activities.overrides import without_case
from activities.overrides.without_case import LockedPartner
from partners.domain.cases.case import CaseStatus
from partners.domain.cases.commands import Command, CommandKind
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.offers.offer import OfferStatus
from partners.domain.time.calendar import Month
from partners.errors import UserError
from partners.store.cases.cases import change_tier, new_case
from partners.store.engine.database import Database
from partners.store.tables.case_tables import (
    AppealRow,
    CaseRow,
    DecisionRow,
    GuardActionRow,
    InterventionRow,
    OverrideRow,
    TierChangeRow,
)
from partners.store.tables.program_tables import PartnerRow
from partners.temporal import commanding, connecting, running
from tests import builders

Run = Callable[..., Any]
NOW = datetime.now(UTC)
TODAY = NOW.date()
LATER = (TODAY + timedelta(days=60)).isoformat()
ENTER = {"orders_per_month": {"at_least": 10}}
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "silver", "kind": "preferred", "removal": "down", "enter": ENTER},
    {"key": "gold", "kind": "strategic", "removal": "down", "enter": ENTER},
]
BELOW = Finding("orders_per_month", Decimal(6), Decimal(10), True, 1, 1, 1, Verdict.BELOW)
SAID = ("--reason", "agreed by phone", "--by", "Ann", "--yes")


class Teller:
    """Stands in for Temporal: notes whom it was to tell, and which commands came in."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.given: list[tuple[str, str, Command]] = []
        self.error: RPCError | None = None

    def __call__(self, _client: object) -> Teller:
        return self

    async def start(self, partner_id: str) -> None:
        if self.error is not None:
            raise self.error
        self.told.append(partner_id)

    async def connect(self) -> None: ...

    async def command(
        self, _client: object, partner_id: str, update: Any, command: Command, _seen: str
    ) -> str:
        self.given.append((partner_id, update.__name__, command))
        return "In grace"


@pytest.fixture
def teller(database: Database, monkeypatch: pytest.MonkeyPatch) -> Teller:
    """acme in gold; ben was moved down from gold to silver ten days ago; cy in no tier."""
    builders.accept(database, builders.a_policy(tiers=TIERS))
    with database.write() as session:
        builders.a_partner(session, "acme", tier="gold")
        ben = builders.a_partner(session, "ben", tier="gold")
        builders.a_partner(session, "cy", tier=None, tier_since=None)
        removed_on = NOW - timedelta(days=10)
        change_tier(
            session,
            ben,
            "silver",
            key="grace/ben-1/outcome",
            case_id=None,
            at=removed_on,
            day=removed_on.date(),
            actor="workflow 1",
            reason="below",
        )
    teller = Teller()
    monkeypatch.setattr(connecting, "connect", teller.connect)
    monkeypatch.setattr(commanding, "command_case", teller.command)
    monkeypatch.setattr(running, "RunningInterventions", teller)
    monkeypatch.setattr(running, "RunningDeliveries", teller)
    return teller


def rows(database: Database, table: type[Any]) -> list[Any]:
    with database.read() as session:
        return list(session.scalars(select(table)))


def tier(database: Database, partner_id: str) -> str | None:
    with database.read() as session:
        return session.get_one(PartnerRow, partner_id).tier


def a_case(database: Database, status: str = CaseStatus.IN_GRACE, partner: str = "acme") -> CaseRow:
    """An open case of acme, warned ten days ago."""
    with database.write() as session:
        row = new_case(
            session,
            session.get_one(PartnerRow, partner),
            month=Month.of(TODAY).plus(-1),
            since=date(2020, 1, 1),
            policy_version=1,
            repeat=False,
            opened_at=NOW - timedelta(days=10),
            period_days=45,
            findings=[BELOW],
        )
        row.status, row.warned_at = status, NOW - timedelta(days=10)
        row.clock_from = row.warned_at
        row.deadline = row.stated_deadline = TODAY + timedelta(days=35)
        return row


# ---- without a case ----


def test_a_waiver_shows_the_mail_is_recorded_and_told(
    run: Run, database: Database, teller: Teller
) -> None:
    done = run("waive", "acme", "--until", LATER, *SAID)

    assert done.status == 0, done.err
    assert "Subject: Your Gold status is not reviewed until" in done.out
    (row,) = rows(database, OverrideRow)
    assert (row.kind, row.until_day.isoformat(), row.who) == ("waiver", LATER, "Ann")
    (decision,) = rows(database, DecisionRow)
    assert (decision.step, decision.actor, decision.reason) == ("waived", "Ann", "agreed by phone")
    assert "acme" in teller.told
    shown = run("show", "acme").out
    assert f"waiver until {LATER}, by Ann: agreed by phone" in " ".join(shown.split())


def test_what_is_not_confirmed_is_not_done(
    run: Run, database: Database, teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda _, abort: False)
    refused = run("waive", "acme", "--until", LATER, *SAID[:-1])

    assert refused.status == 2
    assert "nothing was done" in refused.err
    assert rows(database, OverrideRow) == rows(database, InterventionRow) == []
    assert teller.told == []


def test_quiet_tells_nobody_and_is_recorded(run: Run, database: Database, teller: Teller) -> None:
    done = run("block", "acme", "--quiet", *SAID)

    assert "The partner gets no mail: not told, as was said." in done.out
    assert [(row.quiet, row.told) for row in rows(database, InterventionRow)] == [
        (True, "not told, as was said")
    ]


def test_blocked_whole_or_some_offers_and_unblocked(
    run: Run, database: Database, teller: Teller
) -> None:
    with database.write() as session:
        builders.an_offer(session, "spring", name="Spring sale")
        builders.an_offer(session, "winter", status=OfferStatus.RETIRED)
    said = run("block", "acme", "--offers", "spring", *SAID)
    assert "offers spring" in said.out
    assert "Spring sale" in said.out, "the mail names it"
    assert json.loads(run("show", "acme", "--json").out)["standing"] == "good"
    assert run("block", "acme", *SAID).status == 0
    assert json.loads(run("show", "acme", "--json").out)["standing"] == "blocked"
    assert "blocked already" in run("block", "acme", *SAID).err

    assert "spring" in run("unblock", "acme", *SAID).out
    assert json.loads(run("show", "acme", "--json").out)["standing"] == "good"


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ("sprin", "unknown offer 'sprin'; did you mean spring?"),
        ("Spring sale", "unknown offer 'Spring sale'; did you mean spring?"),
        ("hotline", "unknown offer 'hotline'; see: partners offer list"),
        ("winter", "the offer winter is retired, for good"),
    ],
)
def test_only_an_offer_that_there_is_can_be_blocked(
    run: Run, database: Database, teller: Teller, offer: str, said: str
) -> None:
    with database.write() as session:
        builders.an_offer(session, "spring", name="Spring sale")
        builders.an_offer(session, "winter", status=OfferStatus.RETIRED)

    ran = run("block", "acme", "--offers", "spring", "--offers", offer, *SAID)

    assert (ran.status, ran.err) == (2, f"error: {said}\n")
    assert rows(database, OverrideRow) == rows(database, InterventionRow) == []


def test_a_program_without_offers_is_told_how_to_add_one(
    run: Run, database: Database, teller: Teller
) -> None:
    ran = run("block", "acme", "--offers", "Spring sale", *SAID)

    assert ran.status == 2
    assert "there are no offers yet; to add one: partners offer add 'Spring sale'" in ran.err


def test_a_pin_is_not_told_and_ends(run: Run, database: Database, teller: Teller) -> None:
    assert run("pin", "acme", *SAID).status == 0
    refused = run("remove", "acme", "--beyond-policy", *SAID)
    assert "a person has pinned the tier" in refused.err
    assert run("unpin", "acme", *SAID).status == 0
    assert [row.told for row in rows(database, InterventionRow)] == ["not told, as was said"] * 2


def test_a_removed_partner_is_reinstated_before_the_re_entry_days(
    run: Run, database: Database, teller: Teller
) -> None:
    done = run("reinstate", "ben", *SAID)

    assert "Subject: Good news: you have your Gold status back" in done.out
    assert tier(database, "ben") == "gold"
    assert rows(database, TierChangeRow)[-1].actor in ("Ann", "workflow 1")
    again = run("reinstate", "ben", *SAID)
    assert again.status == 2
    assert "there is no removal to take back" in again.err


def test_rule_01_a_removal_by_hand_is_said_to_go_beyond_the_policy_and_counted(
    run: Run, database: Database, teller: Teller
) -> None:
    refused = run("remove", "acme", *SAID)
    assert "if it must be: --beyond-policy" in refused.err
    assert tier(database, "acme") == "gold"

    done = run("remove", "acme", "--beyond-policy", *SAID)

    assert "Our partner team has decided this." in done.out
    assert "You can appeal until: " in done.out
    assert tier(database, "acme") == "silver"
    assert [row.partner_id for row in rows(database, GuardActionRow)] == ["acme"]


def test_a_removal_is_appealed_against_and_undone(
    run: Run, database: Database, teller: Teller
) -> None:
    assert "We have received your appeal" in run("appeal", "ben", *SAID).out
    assert "an appeal is open already" in run("appeal", "ben", *SAID).err
    assert "Appeal since" in run("show", "ben").out
    assert "appeal" in run("inbox").out

    done = run("overturn", "ben", *SAID)

    assert "you have your Gold status back" in done.out
    assert tier(database, "ben") == "gold"
    assert [row.state for row in rows(database, AppealRow)] == ["overturned"]
    keys = [row.key for row in rows(database, TierChangeRow)]
    assert any(key.startswith("appeal/") for key in keys)
    verified = run("audit", "verify")
    assert verified.status == 0, verified.err


def test_an_upheld_appeal_changes_nothing(run: Run, database: Database, teller: Teller) -> None:
    run("appeal", "ben", *SAID)

    assert "our decision stands" in run("uphold", "ben", *SAID).out

    assert tier(database, "ben") == "silver"
    assert [row.state for row in rows(database, AppealRow)] == ["upheld"]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("extend", "acme", "5"), "no case is open for acme"),
        (("pause", "acme"), "no case is open for acme"),
        (("resume", "acme"), "no case is open for acme"),
        (("waive", "acme"), "a waiver needs its last day"),
        (("waive", "acme", "--until", "soon"), "not a day written YYYY-MM-DD: 'soon'"),
        (("waive", "acme", "--until", "2020-01-01"), "2020-01-01 has passed"),
        (("waive", "cy", "--until", LATER), "in no tier"),
        (("pin", "cy"), "in no tier"),
        (("unpin", "acme"), "the tier is not pinned"),
        (("unblock", "acme"), "not blocked"),
        (("reinstate", "acme"), "there is no removal to take back"),
        (("remove", "cy", "--beyond-policy"), "in no tier"),
        (("appeal", "acme"), "there is nothing to appeal against"),
        (("uphold", "acme"), "no appeal is open"),
        (("overturn", "ben"), "no appeal is open"),
        (("waive", "nobody", "--until", LATER), "unknown partner 'nobody'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_refusal_is_one_line_and_changes_nothing(
    run: Run, database: Database, teller: Teller, command: tuple[str, ...], why: str
) -> None:
    refused = run(*command, *SAID)

    assert refused.status == 2
    assert why in refused.err
    assert len(refused.err.strip().splitlines()) == 1
    assert rows(database, InterventionRow) == rows(database, OverrideRow) == []
    assert teller.told == teller.given == []


@pytest.mark.parametrize("blank", [("--by", " "), ("--reason", "")])
def test_rule_16_who_and_why_are_asked_for(
    run: Run, database: Database, teller: Teller, blank: tuple[str, str]
) -> None:
    said = {"--by": "Ann", "--reason": "agreed", blank[0]: blank[1]}
    options = [word for pair in said.items() for word in pair]
    assert "say who you are and why" in run("pin", "acme", *options, "--yes").err


def test_an_appeal_comes_too_late_after_30_days(
    run: Run, database: Database, teller: Teller
) -> None:
    with database.write() as session:
        (row,) = session.scalars(select(TierChangeRow)).all()
        row.changed_at = NOW - timedelta(days=31)
    assert "could be appealed against until" in run("appeal", "ben", *SAID).err
    assert run("reinstate", "ben", *SAID).status == 0


def test_what_was_recorded_is_told_later_where_the_server_failed(
    run: Run, database: Database, teller: Teller
) -> None:
    teller.error = RPCError("unavailable", RPCStatusCode.UNAVAILABLE, b"")
    failed = run("reinstate", "ben", *SAID)
    assert failed.status == 2
    assert "partners tell ben" in failed.err
    assert tier(database, "ben") == "gold"

    teller.error = None
    assert "ben is being told" in run("tell", "ben").out
    assert "has been told of everything" in run("tell", "acme").out


# ---- with a case ----


def test_a_command_on_a_case_is_previewed_and_names_the_revision_that_was_seen(
    run: Run, database: Database, teller: Teller
) -> None:
    case = a_case(database)

    done = run("extend", "acme", "7", *SAID)

    assert "Subject: You have more time: your deadline is now" in done.out
    ((partner, update, command),) = teller.given
    assert (partner, update) == ("acme", "extend")
    assert (command.days, command.who, command.revision) == (7, "Ann", case.revision)
    assert rows(database, CaseRow)[0].deadline == case.deadline  # a preview changes nothing
    assert rows(database, InterventionRow) == []


def test_a_refusal_on_a_case_comes_before_the_question(
    run: Run, database: Database, teller: Teller
) -> None:
    a_case(database)
    assert "61 days of grace" in run("extend", "acme", "16", *SAID).err
    assert "a case is open for acme" in run("pin", "acme", *SAID).err
    assert teller.given == []


def test_what_comes_next_is_shown_under_each_assumption(
    run: Run, database: Database, teller: Teller
) -> None:
    a_case(database)
    day = TODAY + timedelta(days=5)

    shown = run("show", "acme", "--recover-by", day.isoformat(), "--extend-by", "3").out

    for words in ("If nothing changes:", f"If the numbers recover by {day}:", "extend by 3 days:"):
        assert words in shown
    coming = json.loads(run("show", "acme", "--json").out)["next"]
    assert coming["if nothing changes"][-1].endswith("decision: moved to silver")


# ---- two at once ----


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (CommandKind.REINSTATED, CommandKind.REINSTATED),
        (CommandKind.WAIVED, CommandKind.WAIVED),
        (CommandKind.BLOCKED, CommandKind.BLOCKED),
        (CommandKind.APPEALED, CommandKind.APPEALED),
    ],
)
def test_of_two_people_at_once_one_wins_and_one_is_refused(
    new_database: Callable[[], Database], first: CommandKind, second: CommandKind
) -> None:
    """On real PostgreSQL, too."""
    database = new_database()
    builders.accept(database, builders.a_policy(tiers=TIERS))
    with database.write() as session:
        ben = builders.a_partner(session, "ben", tier="gold")
        change_tier(
            session,
            ben,
            "silver",
            key="grace/ben-1/outcome",
            case_id=None,
            at=NOW - timedelta(days=10),
            day=TODAY - timedelta(days=10),
            actor="workflow 1",
            reason="below",
        )

    def give(command: tuple[CommandKind, str]) -> str | None:
        kind, who = command
        what = Command(who, "agreed", until=TODAY + timedelta(days=60))
        try:
            with database.write() as session:
                without_case.carry_out(LockedPartner.of(session, "ben", what, NOW), kind)
        except UserError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(give, [(first, "Ann"), (second, "Ben")]))

    assert sorted(answer is None for answer in answers) == [False, True]
    with database.read() as session:
        assert len(session.scalars(select(InterventionRow)).all()) == 1
