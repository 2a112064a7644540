"""`partners referral`, `statement`, `payouts`, `checklist`, and the daily work around them."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from partners.calendars import calendar_of
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.ladder import tracks
from partners.store.referrals import qualifications
from partners.store.referrals.referral_leads import Change
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import LedgerRow, ReferralRow, ReferralVersionRow
from partners.use_cases import telling
from partners.use_cases.telling import Told
from tests import builders
from tests.cli.conftest import Run

TERMS = {"compensation": {"share": "0.10", "cap": "500"}, "minimum_amount": 50, "holding_days": 0}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom the commands told, instead of a Temporal server."""
    told: list[str] = []

    async def tell(_by: object, changes: list[Change]) -> Told:
        told.extend(str(change.event) for change in changes)
        return Told()

    async def look(_by: object) -> Told:
        told.append("new")
        return Told()

    monkeypatch.setattr(telling, "referrals_changed", tell)
    monkeypatch.setattr(telling, "new_referrers", look)
    return told


@pytest.fixture
def program(database: Database, told: list[str]) -> Database:
    """Terms of referring, and two referral partners who joined long ago."""
    builders.accept(database, builders.a_policy(referral=TERMS))
    with database.write() as session:
        for name in ("acme", "bo"):
            builders.a_partner(session, name, kind="referral", tier=None, tier_since=None)
    return database


def counts(database: Database) -> list[int]:
    with database.read() as session:
        tables = (ReferralRow, ReferralVersionRow, LedgerRow)
        return [session.scalar(select(func.count()).select_from(t)) or 0 for t in tables]


def a_purchase(run: Run, name: str = "r1", amount: str = "1200") -> None:
    run("referral", "add", name, "--partner", "acme", "--lead", f"L-{name}")
    run("referral", "accept", name)
    assert run("referral", "convert", name, "--amount", amount).status == 0


def test_a_referral_from_submission_to_refund(program: Database, run: Run, told: list[str]) -> None:
    added = run("referral", "add", "r1", "--partner", "acme", "--lead", "L1")
    assert added.out.strip() == "r1 of acme is submitted"
    assert run("referral", "accept", "r1").out.strip() == "r1 of acme is accepted"
    bought = run("referral", "convert", "r1", "--amount", "1200.00").out
    assert bought.strip() == "r1 of acme is converted; it pays 120.00 USD"
    assert run("referral", "refund", "r1").out.strip() == "r1 of acme is refunded"
    today = datetime.now(UTC).date()
    assert told == [
        "referral r1: submitted",
        "referral r1: accepted",
        f"referral r1: converted, 1,200.00 USD on {today}",
        "referral r1: refunded",
    ]
    shown = run("referral", "show", "r1").out
    assert "by the terms of policy version 1" in shown
    assert shown.count("1,200.00") == 1


REFUSED = {
    "unknown partner": (("add", "r9", "--partner", "nobody", "--lead", "L"), "unknown partner"),
    "unknown referral": (("accept", "r9"), "unknown referral 'r9'"),
    "twice the same id": (("add", "r1", "--partner", "bo", "--lead", "L"), "already"),
    "conversion of a lost one": (("convert", "lost", "--amount", "5"), "take it up again first"),
    "with the command that takes it up": (
        ("convert", "lost", "--amount", "5"),
        "take it up again first: partners referral accept",
    ),
    "refund of nothing bought": (("refund", "open"), "cannot become refunded"),
    "negative amount": (("convert", "open", "--amount", "-5"), "not a number of at least 0"),
    "absurd amount": (("convert", "open", "--amount", "9e9"), "referral.maximum_amount"),
    "infinite amount": (("convert", "open", "--amount", "inf"), "not a number of at least 0"),
    "no amount": (("convert", "open", "--amount", "much"), "--amount is not a number: 'much'"),
    "nothing": (("convert", "open", "--amount", "0"), "nothing was bought"),
    "other currency": (
        ("convert", "open", "--amount", "5", "--currency", "EUR"),
        "currency is EUR, but the program pays in USD",
    ),
    "in the future": (
        ("convert", "open", "--amount", "5", "--on", "2999-01-01"),
        "closed_at lies ahead",
    ),
    "before it was referred": (
        ("convert", "open", "--amount", "5", "--on", "2001-01-01"),
        "closed_at is before submitted_at",
    ),
    "rejected without a reason": (("reject", "open", "--reason", " "), "say why"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_and_nothing_changed(program: Database, run: Run, case: str) -> None:
    a_purchase(run)
    for name in ("lost", "open"):
        run("referral", "add", name, "--partner", "acme", "--lead", name)
    run("referral", "lose", "lost")
    before = counts(program)
    arguments, words = REFUSED[case]
    ran = run("referral", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert counts(program) == before


def test_the_second_referral_of_a_lead_is_told_why(program: Database, run: Run) -> None:
    a_purchase(run)
    late = run("referral", "add", "r2", "--partner", "bo", "--lead", "L-r1")
    assert "r2 of bo is rejected: the lead is a customer already" in late.out
    refused = run("referral", "convert", "r2", "--amount", "5")
    assert refused.status == 2


def test_a_lead_that_ordered_before_is_accepted_only_by_a_persons_word(
    program: Database, run: Run
) -> None:
    day = date(2026, 3, 1)
    with program.write() as session:
        builders.orders(session, "bo", day, day, 1, customer_id="L1")
    added = run("referral", "add", "r1", "--partner", "acme", "--lead", "L1")
    assert "is rejected: the lead is a customer already, since 2026-03-01" in added.out
    accepted = run("referral", "accept", "r1", "--reason", "another branch of theirs")
    assert accepted.out.startswith("r1 of acme is accepted")


def test_a_statement_adds_up_and_goes_to_csv(program: Database, run: Run, tmp_path: Path) -> None:
    a_purchase(run)
    month = f"{datetime.now(UTC):%Y-%m}"
    shown = run("statement", "acme", "--month", month).out
    assert "+120.00" in shown
    assert "after" in shown
    file = tmp_path / "statement.csv"
    assert run("statement", "acme", "--csv", file).status == 0
    rows = list(csv.DictReader(file.open()))
    assert [row["entry"] for row in rows] == ["earned", "payable"]
    assert {row["currency"] for row in rows} == {"USD"}
    assert run("statement", "acme", "--month", "soon").status == 2
    assert run("statement", "nobody").status == 2


def test_a_statement_as_json_has_exact_amounts(program: Database, run: Run, tmp_path: Path) -> None:
    a_purchase(run)
    said = json.loads(run("statement", "acme", "--json").out)
    [part] = said["currencies"]
    assert (said["partner_id"], part["currency"]) == ("acme", "USD")
    assert [(e["entry"], e["referral_id"]) for e in part["entries"]] == [
        ("earned", "r1"),
        ("payable", "r1"),
    ]
    assert part["before"] == {"held": "0", "payable": "0", "paid": "0"}
    assert part["after"]["payable"] == "120.00"
    both = run("statement", "acme", "--json", "--csv", tmp_path / "statement.csv")
    assert (both.status, both.err) == (2, "error: choose one of --csv and --json\n")


def test_unpaid_payouts_as_json(program: Database, run: Run) -> None:
    assert json.loads(run("payouts", "list", "--json").out) == []
    a_purchase(run)
    run("payouts", "export", "--batch", "nov")
    [payout] = json.loads(run("payouts", "list", "--json").out)
    assert (payout["payout_id"], payout["amount"]) == ("nov/acme", "120.00")


def test_payouts_are_exported_and_marked_once(program: Database, run: Run) -> None:
    a_purchase(run)
    first = run("payouts", "export", "--batch", "nov")
    assert next(iter(csv.DictReader(io.StringIO(first.out))))["amount"] == "120.00"
    a_purchase(run, "r2", "300")
    assert run("payouts", "export", "--batch", "nov").out == first.out, "a batch stays as it is"
    assert "30.00" in run("payouts", "export", "--batch", "dec").out
    assert run("payouts", "mark-paid", "nov/acme").out.strip() == "1 marked as paid"
    again = run("payouts", "mark-paid", "--batch", "nov").out.strip()
    assert again == "0 marked as paid, 1 were already"
    assert "dec/acme" in run("payouts", "list").out
    for wrong in (("x",), (), ("--batch", "x"), ("dec/acme", "--on", "2999-01-01")):
        assert run("payouts", "mark-paid", *wrong).status == 2


def test_the_checklist_is_shown_and_ticked(program: Database, run: Run) -> None:
    assert "has no checklist" in run("checklist", "acme").err
    with program.write() as session:
        policy = builders.a_policy(referral=TERMS)
        acme, today = session.get_one(PartnerRow, "acme"), date(2026, 11, 10)
        tracks.begin_checklist(session, acme, policy, calendar_of(policy), today)
    ticked = run("checklist", "acme", "--done", "training", "--by", "Ann", "--notes", "in Berlin")
    assert "✓" in ticked.out
    assert "in Berlin" in run("checklist", "acme").out
    assert "✓" not in run("checklist", "acme", "--undo", "training").out
    assert "there is no step 'x'" in run("checklist", "acme", "--done", "x").err


def test_an_import_tells_the_partners_and_rejects_line_by_line(
    program: Database, run: Run, told: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "referrals.csv"
    file.write_text(
        "referral_id,partner_id,lead_ref,submitted_at,status,amount,closed_at,known_at\n"
        "r1,acme,L1,2026-10-01,converted,900,2026-10-09,2026-10-10\n"
        "r2,acme,L2,2026-10-01,converted,-1,2026-10-09,2026-10-10\n"
    )
    ran = run("import", "referrals", file)
    assert ran.status == 1
    assert "1 new, 0 changed, 0 unchanged" in ran.out
    assert told == ["referral r1: converted, 900.00 USD on 2026-10-09"]
    assert "3,amount is not a number" in (tmp_path / "referrals.rejected.csv").read_text()
    assert "acme" in run("referral", "list", "--json").out


def test_without_terms_nobody_refers(database: Database, run: Run, told: list[str]) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
    ran = run("referral", "add", "r1", "--partner", "acme", "--lead", "L1")
    assert ran.status == 2
    assert "the policy has no [referral] table" in ran.err


def test_importing_partners_starts_those_who_refer(
    program: Database, run: Run, told: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "partners.csv"
    file.write_text(
        "partner_id,name,email,tier,kind,joined_on\nnew,New,n@example.com,,referral,2026-10-01\n"
    )
    run("import", "partners", file)
    assert told == ["new"]
    with program.read() as session:
        assert "new" in list(qualifications.to_be_looked_at(session))


def test_a_monthly_review_does_not_withdraw_who_qualified_by_referrals(program: Database) -> None:
    from partners.domain.ladder.ladder import NotPromoted, Why
    from partners.domain.policy.entering import Approval
    from partners.store.ladder import ladder, proposals
    from partners.store.tables.program_tables import PartnerRow

    now = datetime.now(UTC)
    with program.write() as session:
        partner = session.get_one(PartnerRow, "acme")
        row = ladder.qualify(
            session,
            partner,
            "preferred",
            policy_version=1,
            approval=Approval.STAFF,
            why="",
            now=now,
        )
        proposals.propose(
            session,
            {"acme": NotPromoted(Why.REFERRAL)},
            policy_version=1,
            approval=Approval.STAFF,
            review_id="monthly/2026-10",
            now=now,
        )
        assert row.state == "waiting"


# ---- another currency ----


def in_euros(folder: Path, **sections: Any) -> Path:
    """The test policy, paying in euros, as a file."""
    policy = builders.a_policy(referral=TERMS, program={"currency": "EUR"}, **sections)
    file = folder / "euros.toml"
    file.write_text(toml(policy.model_dump(mode="json", exclude_unset=True)))
    return file


def toml(data: dict[str, Any], at: str = "") -> str:
    """Enough of TOML for a policy."""
    plain = {k: v for k, v in data.items() if not isinstance(v, dict | list) and v is not None}
    lines = [f"{k} = {json.dumps(v)}" for k, v in plain.items()]
    for key, value in data.items():
        if isinstance(value, dict):
            lines += [f"[{at}{key}]", toml(value, f"{at}{key}.")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                lines += [f"[[{at}{key}]]", toml(item, f"{at}{key}.")]
        elif isinstance(value, list):
            lines.insert(0, f"{key} = {json.dumps(value)}")
    return "\n".join(lines)


def test_another_currency_waits_until_what_is_open_has_been_paid(
    program: Database, run: Run, tmp_path: Path
) -> None:
    a_purchase(run)
    publish = ("policy", "publish", in_euros(tmp_path), "--yes")
    refused = run(*publish)
    assert refused.status == 2
    assert "0.00 USD held and 120.00 USD payable of 1 partner are open" in refused.err
    assert "partners payouts export" in refused.err

    run("payouts", "export", "--batch", "nov")
    assert run(*publish).status == 2, "exported is not paid"
    run("payouts", "mark-paid", "nov/acme")
    assert run(*publish).status == 0


def test_amounts_of_two_currencies_are_never_added_up(
    program: Database, run: Run, tmp_path: Path
) -> None:
    """A program that changed its currency before that was refused, and a refund after it."""
    a_purchase(run)
    euros = builders.a_policy(referral=TERMS, program={"currency": "EUR"})
    builders.accept(program, euros)
    a_purchase(run, "r2", "300")

    exported = list(csv.DictReader(io.StringIO(run("payouts", "export", "--batch", "nov").out)))
    assert [(p["payout_id"], p["amount"], p["currency"]) for p in exported] == [
        ("nov/acme/EUR", "30.00", "EUR"),
        ("nov/acme/USD", "120.00", "USD"),
    ]
    shown = run("statement", "acme").out
    assert ("in EUR" in shown, "in USD" in shown, "150.00" in shown) == (True, True, False)
    looser = in_euros(tmp_path, grace={"days": 60})
    assert run("policy", "publish", looser, "--yes").status == 0, "the currency stays as it is"
    assert run("payouts", "mark-paid", "--batch", "nov").status == 0
    run("referral", "refund", "r1")
    shown = run("statement", "acme").out
    assert "-120.00" in shown
    assert "90.00" not in shown
    assert "1,200.00 USD" in run("referral", "list").out
    assert "1,200.00 USD" in run("referral", "show", "r1").out


def test_criteria_on_money_do_not_look_back_to_another_currency(
    program: Database, run: Run, tmp_path: Path
) -> None:
    last = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    with program.write() as session:
        builders.orders(session, "bo", last.replace(day=1), last, 2, value_cents=5000)
    money = {"average_order_value": {"at_least": 20, "window_months": 2}}
    asks = {"key": "preferred", "kind": "preferred", "enter": money}
    refused = run("policy", "publish", in_euros(tmp_path, tiers=[asks]), "--yes")
    assert refused.status == 2
    assert f"preferred: average_order_value looks back to {Month.of(last).plus(-1)}" in refused.err

    assert run("policy", "publish", in_euros(tmp_path), "--yes").status == 0
    again = run("policy", "publish", in_euros(tmp_path, tiers=[asks]), "--yes")
    assert again.status == 2, "nor right after it"
    assert f"before {Month.of(last).plus(4)}" in again.err


def test_an_open_case_about_money_goes_on_in_its_own_currency(
    program: Database, run: Run, tmp_path: Path
) -> None:
    money = {"average_order_value": {"at_least": 20}}
    tiers = [{"key": "preferred", "kind": "preferred", "enter": money}]
    version = builders.accept(program, builders.a_policy(referral=TERMS, tiers=tiers))
    finding = {"metric": "average_order_value", "verdict": "below", "actual": "12", "sample": 20}
    finding |= {"at_least": True, "required": "20", "window_months": 1, "min_sample": 5}
    with program.write() as session:
        builders.a_partner(session, "di")
        case = builders.a_case("di", Month(2026, 9), policy_version=version, findings=[finding])
        case.opened_at = datetime.now(UTC)
        session.add(case)
    refused = run("policy", "publish", in_euros(tmp_path), "--yes")
    assert refused.status == 2
    assert "about money: 1 open case (di-2026-09 …)" in refused.err


ROUTED = TERMS | {"routing": {"sales_email": "sales@northwind.example", "approval": "staff"}}


@pytest.fixture
def routed(program: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Leads are handed over by people; ben sells."""

    async def tell(*_: object) -> Told:
        return Told()

    monkeypatch.setattr(telling, "leads", tell)
    builders.accept(program, builders.a_policy(referral=ROUTED))
    with program.write() as session:
        builders.a_partner(session, "ben")
    return program


def test_a_lead_is_handed_over_taken_and_declined(routed: Database, run: Run) -> None:
    placed = ("--postal-code", "75001", "--service", "cleaning")
    run("referral", "add", "r1", "--partner", "acme", "--lead", "L-1", *placed)
    run("referral", "accept", "r1")
    assert run("referral", "assign", "r1").out.strip() == "The lead of r1 is offered to ben."
    assert run("referral", "take", "r1").out.strip() == "The lead of r1 is taken by ben."
    (lead,) = json.loads(run("referral", "leads", "--json").out)
    assert (lead["state"], lead["partner_id"], lead["way"]) == ("taken", "ben", "tier")
    assert (lead["postal_code"], lead["service"]) == ("75001", "cleaning")
    gone = run("referral", "decline", "r1", "--reason", "no time")
    assert gone.out.strip() == "The lead of r1 is with sales."
    assert "sales" in run("referral", "leads", "--state", "sales").out
    assert run("referral", "leads", "--partner", "ben").out.strip() == "No leads."


def test_a_lead_is_given_to_one_at_a_time(routed: Database, run: Run) -> None:
    both = run("referral", "assign", "r1", "ben", "--sales")
    assert (both.status, both.err) == (2, "error: name a partner or --sales, not both\n")
