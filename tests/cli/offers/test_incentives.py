"""`partners incentives`: what it would post, what accrued, and what that rests on."""

from __future__ import annotations

import json
from datetime import date

import pytest

from partners.domain.judging.coverage import DayRange
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.referrals import currencies
from tests import accruals, builders
from tests.cli.conftest import Run

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
ACCRUED = date(2026, 2, 5)


@pytest.fixture
def paying(url: str) -> Database:
    """acme with ten orders of 100 in January, who is paid 2 %, or 3 % from twenty on."""
    database = Database(url)
    migrate.upgrade(database)
    terms = {**accruals.SHARE, "steps": [{"at_least": 20, "share": "0.03"}], "cap": 500}
    builders.accept(database, accruals.paying(terms))
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.orders(session, "acme", *JANUARY, 10, value_cents=10_000)
        builders.covered(session, DayRange(date(2025, 1, 1), date(2026, 10, 31)))
    return database


def test_a_dry_run_says_what_it_would_post_and_writes_nothing(paying: Database, run: Run) -> None:
    ran = run("incentives", "accrue", "--month", "2026-01", "--dry-run")
    assert ran.status == 0
    assert "20.00 USD" in ran.out
    assert "Nothing was written." in ran.out
    assert accruals.entries(paying) == []
    assert "No month has accrued" in run("incentives", "list").out


def test_a_month_that_accrued_is_left_alone_and_listed(paying: Database, run: Run) -> None:
    accruals.run(paying, "2026-01", ACCRUED)
    again = run("incentives", "accrue", "--month", "2026-01", "--yes")
    assert (again.status, again.err) == (0, "")
    assert "2026-01 has accrued already, as of 2026-02-05." in again.out
    [listed] = json.loads(run("incentives", "list", "--json").out)
    assert (listed["run_id"], listed["status"], listed["waiting"]) == ("2026-01", "done", 0)
    assert listed["sums"][0]["earned"] == "20.00"


def test_a_partner_is_shown_with_figures_terms_and_what_is_held(paying: Database, run: Run) -> None:
    accruals.run(paying, "2026-01", ACCRUED)
    shown = run("incentives", "show", "acme").out
    assert "2 % from 0 orders, 3 % from 20 orders, at most 500 USD, monthly (version 1)" in shown
    assert "2026-03-02" in shown
    [period] = json.loads(run("incentives", "show", "acme", "--json").out)
    assert (period["period"], period["tier"], period["months"]) == (
        "2026-01",
        "preferred",
        ["2026-01"],
    )
    assert (period["orders"], period["value"], period["due"]) == (10, "1000.00", "20.00")
    assert period["terms"]["steps"] == [{"share": "0.03", "at_least": "20"}]


def test_a_statement_says_which_period_an_entry_is_for(paying: Database, run: Run) -> None:
    accruals.run(paying, "2026-01", ACCRUED)
    shown = run("statement", "acme", "--month", "2026-02").out
    assert "incentive 2026-01, preferred" in shown
    [part] = json.loads(run("statement", "acme", "--month", "2026-02", "--json").out)["currencies"]
    assert [(e["period"], e["tier"]) for e in part["entries"]] == [("2026-01", "preferred")]


def test_what_was_released_is_paid_out(paying: Database, run: Run) -> None:
    accruals.run(paying, "2026-01", ACCRUED)
    assert "0 payouts" in run("payouts", "export", "--batch", "feb").err
    accruals.run(paying, "2026-01", date(2026, 3, 2), release=1)
    assert "mar/acme,acme,20.00,USD" in run("payouts", "export", "--batch", "mar").out


def test_refusals_say_what_to_do(paying: Database, run: Run) -> None:
    early = run("incentives", "accrue", "--month", "2999-01", "--dry-run")
    assert early.status == 2
    assert "--month: 2999-01 has not settled yet; the newest month that has is" in early.err
    assert "write it as 2026-10" in run("incentives", "accrue", "--month", "soon").err
    builders.accept(paying, builders.a_policy())
    nothing = run("incentives", "accrue", "--month", "2026-01", "--dry-run")
    assert nothing.status == 2
    assert "no tier paid an incentive for what ends with 2026-01" in nothing.err


def test_another_currency_begins_with_a_period(paying: Database, run: Run) -> None:
    quarterly = {**accruals.SHARE, "period": "quarterly"}
    euros = accruals.paying(quarterly, program={"currency": "EUR"})
    with paying.read() as session:
        inside = [str(why) for why in currencies.why_not(session, euros, date(2026, 5, 1))]
        begins = [str(why) for why in currencies.why_not(session, euros, date(2026, 7, 1))]
    assert inside == [
        "incentives are paid by periods of one currency; let it begin with one, on 2026-07-01"
    ]
    assert begins == []
