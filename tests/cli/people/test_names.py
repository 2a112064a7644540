"""Where people read ids, names stand beside them; and an id that nobody has suggests others."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from partners.domain.judging.coverage import DayRange
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.tables.case_tables import AppealRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.referral_tables import LedgerRow, QualificationRow
from tests import builders
from tests.cli.conftest import Run

NOW = datetime.now(UTC)
TERMS = {"successes": 3, "window_days": 30, "compensation": {"share": "0.10", "cap": "500"}}


@pytest.fixture
def program(database: Database) -> Database:
    """Bella Vista has a case, Old Mill none, and Ivy & Co. refer."""
    builders.accept(database, builders.a_policy(referral=TERMS))
    yesterday = NOW.date() - timedelta(days=1)
    with database.write() as session:
        builders.a_partner(session, "bellavista", name="Bella Vista GmbH")
        builders.a_partner(session, "old-mill", name="Mühle am Bach")
        new = {"tier": None, "tier_since": None, "kind": "referral"}
        builders.a_partner(session, "ivy", name="Ivy & Co.", **new)
        session.add(builders.a_case("bellavista", Month.of(NOW.date()), opened_at=NOW))
        for back in (1, 2, 3):
            month = Month.of(NOW.date()).plus(-back)
            builders.orders(session, "old-mill", month.first_day, month.last_day, 20)
        builders.covered(session, DayRange(date(2020, 1, 1), yesterday))
    return database


def test_lists_have_names_beside_ids(run: Run, program: Database) -> None:
    assert "Bella Vista GmbH" in run("list").out
    assert "Bella Vista GmbH" in run("cases").out
    (case,) = json.loads(run("cases", "--json").out)
    assert (case["partner_id"], case["name"]) == ("bellavista", "Bella Vista GmbH")


def test_show_begins_with_the_name(run: Run, program: Database) -> None:
    assert run("show", "bellavista").out.startswith("bellavista Bella Vista GmbH · tier preferred")
    assert json.loads(run("show", "bellavista", "--json").out)["name"] == "Bella Vista GmbH"


def test_without_a_case_the_newest_figures_are_shown(run: Run, program: Database) -> None:
    shown = run("show", "old-mill").out
    assert "No case so far." in shown
    assert "Figures of the months until " in shown
    assert ": passing" in shown
    assert "20 orders a month" in shown
    told = json.loads(run("show", "old-mill", "--json").out)["figures"]
    assert (told["verdict"], told["why_none"]) == ("passing", None)
    assert {finding["metric"] for finding in told["findings"]} == {
        "orders_per_month",
        "acceptance_rate",
    }
    assert "Figures" not in run("show", "bellavista").out  # the case has them


def test_why_there_are_no_figures_is_said(run: Run, program: Database) -> None:
    assert ": not enrolled in a tier." in run("show", "ivy").out


def test_who_refers_reads_how_far_they_are_and_their_money(run: Run, program: Database) -> None:
    assert "Referrals" not in run("show", "ivy").out  # has not referred yet
    with program.write() as session:
        session.add(QualificationRow(partner_id="ivy", began_at=NOW, declines=0))
        session.add(
            LedgerRow(
                **{"partner_id": "ivy", "day": NOW.date(), "at": NOW, "kind": "earned"},
                **{"currency": "USD", "held": Decimal(100), "payable": Decimal(0)},
                **{"paid": Decimal(0), "note": "", "key": "one"},
            )
        )

    shown = run("show", "ivy").out
    assert "Referrals: collecting; 0 of 3 purchases within 30 days; 0 open" in shown
    assert "Money: 100.00 USD held, 0.00 payable, 0.00 paid" in shown
    told = json.loads(run("show", "ivy", "--json").out)["referring"]
    assert (told["stage"], told["needed"]) == ("collecting", 3)
    assert told["money"]["USD"]["held"] == "100.00"


def test_which_services_a_partner_prefers_and_what_that_rests_on(
    run: Run, program: Database
) -> None:
    assert "Services" not in run("show", "old-mill").out  # none of the orders names one
    day = Month.of(NOW.date()).plus(-1).first_day
    with program.write() as session:
        for service, count in (("print", 3), ("scan", 1)):
            status = "placed" if service == "scan" else "completed"
            columns = {"service": service, "value_cents": 125_000}
            builders.orders(session, "ivy", day, day, count, status, **columns)
        builders.orders(session, "ivy", day, day, 1, "failed")
        builders.covered(session)

    shown = run("show", "ivy").out
    assert "Services they prefer, of 5 orders placed " in shown
    assert ", 1 of them without a service:" in shown
    [line] = [line for line in shown.splitlines() if "print" in line]
    assert [cell.strip() for cell in line.split("│")[1:-1]] == [
        "print", "3", "75%", "3", "3,750.00",
    ]  # fmt: skip
    told = json.loads(run("show", "ivy", "--json").out)["services"]
    assert (told["placed"], told["without_service"]) == (5, 1)
    assert told["services"][1] == {
        **{"service": "scan", "placed": 1, "share": "0.2500", "completed": 0, "value": "0.00"},
    }


def test_what_waits_names_the_partner_and_what_was_written(run: Run, program: Database) -> None:
    with program.write() as session:
        session.add(
            AppealRow(
                partner_id="old-mill",
                case_id=None,
                against="candidate/1",
                state="open",
                opened_at=NOW,
                opened_by="Ann",
                reason="our orders\nwere counted twice",
            )
        )
        builders.a_complaint(session, "bellavista", NOW.date(), severity="serious")
        message = {
            **{"message_key": "a", "notice_key": "a", "attempt": 1, "public_id": "a"},
            **{"kind": NoticeKind.WELCOME, "partner_id": "ivy", "state": MailState.REJECTED},
            **{"to": [], "sender": "", "subject": "Welcome, Ivy", "text": "", "html": ""},
            **{"rendered_at": NOW, "settled_at": NOW, "untold": False},
        }
        session.add(OutboxRow(**message))

    shown = run("inbox").out
    assert "Mühle am Bach" in shown
    assert "“our orders were counted twice”" in shown
    items = {item["kind"]: item for item in json.loads(run("inbox", "--json").out)}
    assert items["appeal"]["name"] == "Mühle am Bach"
    assert items["appeal"]["text"] == "our orders\nwere counted twice"
    complaint, mail = items["complaint"], items["mail"]
    assert (complaint["name"], complaint["text"]) == ("Bella Vista GmbH", "late and rude")
    assert (mail["name"], mail["text"]) == ("Ivy & Co.", "Welcome, Ivy")


@pytest.mark.parametrize("command", ["show", "audit", "assess", "note"])
def test_an_id_that_nobody_has_suggests_who_was_meant(
    run: Run, program: Database, command: str
) -> None:
    more = ("--text", "x") if command == "note" else ()
    ran = run(command, "belavista", *more)
    assert ran.status == 2
    assert ran.err.strip().endswith("; did you mean bellavista?")
    assert "import partners" in run("show", "zzz").err
