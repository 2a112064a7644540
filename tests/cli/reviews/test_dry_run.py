"""`partners review --dry-run`: everything but send and write (rule 14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from partners.domain.judging.coverage import DayRange
from partners.domain.time.calendar import Month
from partners.mail.render import Renderer
from partners.store.engine.database import Database
from partners.store.mail import outbox
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.every_table import METADATA
from partners.store.tables.program_tables import PartnerRow
from partners.temporal import connecting
from tests import builders

Run = Callable[..., Any]
NOW = datetime.now(UTC)
TODAY = NOW.date()
MONTH = Month.of(TODAY - timedelta(days=3)).plus(-1)
FIRST, LAST = MONTH.first_day, MONTH.last_day
BELOW = {
    "metric": "orders_per_month",
    "actual": "3",
    "required": "10",
    "at_least": True,
    "window_months": 1,
    "sample": 1,
    "min_sample": 1,
    "verdict": "below",
}


def a_tier(key: str, orders: int) -> dict[str, Any]:
    enter = {"orders_per_month": {"at_least": orders}}
    return {"key": key, "kind": "preferred", "enter": enter}


@pytest.fixture
def no_temporal(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("a dry run needs no Temporal")

    monkeypatch.setattr(connecting, "connect", refuse)


@pytest.fixture
def program(database: Database, no_temporal: None) -> Database:
    """low is below, high has earned gold, steady stays, late has a case that is due."""
    accept(database)
    with database.write() as session:
        for name, orders in (("low", 6), ("high", 60), ("steady", 12)):
            builders.a_partner(session, name, tier="silver")
            builders.orders(session, name, FIRST, LAST, orders)
        builders.a_partner(session, "late", tier="silver")
        session.add(a_due_case())
    cover(database, TODAY - timedelta(days=1))
    return database


def accept(database: Database, **sections: Any) -> None:
    tiers = [a_tier("silver", 10), a_tier("gold", 50)]
    settings = {"promotion": {"approval": "auto"}, **sections}
    builders.accept(database, builders.a_policy(tiers=tiers, **settings))


def cover(database: Database, last: date) -> None:
    with database.write() as session:
        builders.covered(session, DayRange(date(2020, 1, 1), last))


def a_due_case() -> CaseRow:
    """A case whose deadline was ten days ago."""
    warned_at = NOW - timedelta(days=56)
    opened = Month.of(warned_at.date()).plus(-1)
    return builders.a_case(
        "late",
        opened,
        tier="silver",
        revision=3,
        opened_at=warned_at,
        findings=[BELOW],
        warned_at=warned_at,
        clock_from=warned_at,
        stated_deadline=TODAY - timedelta(days=10),
        deadline=TODAY - timedelta(days=10),
    )


def everything(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.read() as session:
        return {
            name: sorted(map(repr, session.execute(select(table)).all()))
            for name, table in METADATA.tables.items()
        }


def planned(out: str) -> dict[str, tuple[str, str]]:
    """Action and subject by partner, as the table shows them."""
    lines = [line.split("│") for line in out.splitlines() if line.count("│") == 6]
    return {cells[2].strip(): (cells[1].strip(), cells[5].strip()) for cells in lines}


def test_rule_14_a_dry_run_says_what_would_happen_and_writes_nothing(
    run: Run, program: Database
) -> None:
    before = everything(program)
    ran = run("review", "--dry-run")
    assert ran.status == 0
    would = planned(ran.out)
    assert {name: action for name, (action, _) in would.items()} == {
        "low": "warn",
        "high": "promote",
        "late": "remove",
    }
    assert all(subject not in ("", "–") for _, subject in would.values())
    assert "Judged: 2 passing, 2 below, 0 insufficient." in ran.out
    assert everything(program) == before


def test_the_mails_are_printed_on_demand(run: Run, program: Database) -> None:
    before = everything(program)
    ran = run("review", "--dry-run", "--mails")
    for words in ("=== warn low", "6 orders a month", "=== remove late", "=== promote high"):
        assert words in ran.out
    assert everything(program) == before


def test_a_mail_in_another_language_is_printed_in_english_too(run: Run, program: Database) -> None:
    assert "In English:" not in run("review", "--dry-run", "--mails").out
    with program.write() as session:
        session.get_one(PartnerRow, "low").language = "de"
        session.get_one(PartnerRow, "high").language = "es"
    ran = run("review", "--dry-run", "--mails")
    assert "Subject: Bitte handeln Sie bis zum" in ran.out
    assert "In English:\nSubject: Please act by" in ran.out
    assert ran.out.count("In English:") == 2


def test_the_daily_watch_promotes_nobody_and_the_audit_only_judges(
    run: Run, program: Database
) -> None:
    daily = run("review", "--dry-run", "--kind", "daily").out
    assert ("low" in daily, "high" in daily) == (True, False)
    audit = run("review", "--dry-run", "--kind", "quarterly")
    assert "Nothing would be done about anybody" in audit.out


def test_of_many_the_first_are_shown_and_all_are_counted(run: Run, program: Database) -> None:
    shown = run("review", "--dry-run", "--limit", "1").out
    assert "These are the first 1 of " in shown
    assert "more: --limit 5" in shown


def test_without_their_texts_no_mail_is_rendered(
    run: Run, program: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Renderer, "render", lambda *_: pytest.fail("a mail was rendered"))
    assert "Judged: " in run("review", "--dry-run").out


def test_rule_13_it_says_that_the_guard_would_hold(run: Run, program: Database) -> None:
    accept(program, guard={"always_allow": 0, "max_partners": 1, "max_share": "0.01"})
    ran = run("review", "--dry-run")
    assert "the guard would hold this" in ran.err
    assert "1 of 4 partners would be warned" in ran.err


def test_rule_03_a_stale_feed_judges_nobody(run: Run, database: Database, no_temporal: Any) -> None:
    accept(database)
    with database.write() as session:
        builders.a_partner(session, "low", tier="silver")
    cover(database, TODAY - timedelta(days=20))
    ran = run("review", "--dry-run")
    assert "the order feed is stale" in ran.err
    assert "Nothing would be done about anybody" in ran.out


def test_what_is_stopped_is_said(run: Run, program: Database) -> None:
    with program.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "wrong template", NOW)
        outbox.stop(session, outbox.review_switch("monthly"), "Bob", "holiday", NOW)
    ran = run("review", "--dry-run")
    assert "mail is stopped by Ann: wrong template" in ran.err
    assert "review/monthly is stopped by Bob: holiday" in ran.err


def test_who_waits_for_staff_is_only_proposed(run: Run, program: Database) -> None:
    accept(program, promotion={"approval": "staff"})
    line = next(line for line in run("review", "--dry-run").out.splitlines() if "high" in line)
    assert "propose" in line
    assert "partners candidates" in line


def test_a_case_that_recovered_would_be_reinstated(run: Run, program: Database) -> None:
    with program.write() as session:
        last = TODAY - timedelta(days=10)
        builders.orders(session, "late", last - timedelta(days=20), last, 15)
    cover(program, TODAY - timedelta(days=1))
    line = next(line for line in run("review", "--dry-run").out.splitlines() if "late" in line)
    assert "reinstate" in line


def test_rule_14_who_is_already_cured_would_not_be_warned(run: Run, program: Database) -> None:
    with program.write() as session:
        last = TODAY - timedelta(days=1)
        builders.orders(session, "low", last - timedelta(days=10), last, 12, "accepted")
    cover(program, TODAY - timedelta(days=1))
    out = run("review", "--dry-run").out
    assert "warn " not in "".join(line for line in out.splitlines() if "low" in line)


def test_a_review_shows_whom_it_is_about_and_asks(
    run: Run, program: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cases that are due are decided by themselves, and are no part of the question."""
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda text, abort: bool(asked.append(text)))
    before = everything(program)
    ran = run("review")
    assert (ran.status, ran.err) == (2, "error: nothing was done\n")
    assert ran.out == "warn 1 partner: low (Low)\npromote 1 partner: high (High)\n"
    assert asked == ["Warn 1, promote 1?"]
    assert everything(program) == before


def test_a_review_that_nobody_agrees_to_is_not_run(
    run: Run, program: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115
    before = everything(program)
    ran = run("review")
    assert (ran.status, ran.err.splitlines()) == (
        1,
        ["error: nothing was done, for nobody said yes; in a script, add --yes"],
    )
    assert everything(program) == before


def test_the_mails_are_for_a_dry_run_alone(run: Run, program: Database) -> None:
    before = everything(program)
    ran = run("review", "--mails")
    assert (ran.status, ran.out) == (2, "")
    assert "partners review --dry-run --mails" in ran.err
    assert everything(program) == before
