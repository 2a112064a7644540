"""`partners offers`, `partners offer check`: what a partner may have, and nothing of the rest."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from partners.domain.offers.offer import OfferStatus, Visibility
from partners.store.engine.database import Database
from partners.store.tables.offer_tables import GrantRow, OfferRow, OfferStateRow, PriceRow
from tests import builders
from tests.cli.conftest import Run

TODAY = datetime.now(UTC).date()


@pytest.fixture
def program(database: Database) -> Database:
    """Acme, preferred with 10 % off, may have some offers; Beta holds one service in Berlin."""
    tier = {"key": "preferred", "kind": "preferred", "offers": {"discount": "0.1"}}
    builders.accept(database, builders.a_policy(program={"currency": "USD"}, tiers=[tier]))
    with database.write() as session:
        for partner_id in ("acme", "beta"):
            builders.a_partner(session, partner_id)
        builders.an_area(session, "berlin", "10115", "10117")
        builders.an_offer(session, "dsl", name="Fast DSL")
        builders.a_price(session, "dsl", "40")
        builders.an_offer(session, "fibre", service="fibre", visibility=Visibility.SELECTED)
        builders.a_grant(session, "fibre", "acme")
        builders.a_price(session, "fibre", "1234.5", partner_id="acme")
        builders.an_offer(session, "tv", service="tv", opens_on=TODAY + timedelta(days=10))
        builders.an_exclusive(session, "ex", "beta", area_code="berlin")
    return database


def hide(session: Session) -> None:
    """Offers that Acme must not know of, one for each way to hide one."""
    selected = {"visibility": Visibility.SELECTED}
    builders.an_offer(session, "secret-dsl", name="Fast secret", **selected)
    builders.a_grant(session, "secret-dsl", "beta")
    builders.an_offer(session, "secret-draft", name="Fast secret", status=OfferStatus.DRAFT)
    builders.an_offer(session, "secret-late", name="Fast secret", closes_on=date(2025, 1, 1))
    builders.a_price(session, "secret-dsl", "5", partner_id="acme")


def forget(session: Session) -> None:
    """As if there had never been any."""
    for table in (PriceRow, GrantRow, OfferStateRow, OfferRow):
        session.execute(delete(table).where(table.offer_id.startswith("secret")))


def test_a_partner_sees_what_they_may_have_at_their_price(run: Run, program: Database) -> None:
    shown = run("offers", "acme").out
    assert [line.split()[1] for line in shown.splitlines() if line[:2] == "│ "] == ["dsl", "fibre"]
    assert "36.00 USD" in shown  # 10 % less than 40
    assert "1,234.50 USD" in shown


def test_answers_as_json_have_the_facts_to_branch_on(run: Run, program: Database) -> None:
    dsl, fibre = json.loads(run("offers", "acme", "--postal-code", "10115", "--json").out)
    assert dsl == {
        "partner_id": "acme",
        "offer_id": "dsl",
        "visible": True,
        "orderable": False,
        "price": "36.00",
        "currency": "USD",
        "price_level": "tier",
        "reasons": [
            {"code": "held_by_another", "postal_codes": 1, "of": 1},
            {"code": "public"},
            {"code": "tier_discount", "discount": "0.1"},
        ],
    }
    assert fibre["orderable"]


def test_places_days_and_searches_narrow_the_list(run: Run, program: Database) -> None:
    def listed(*how: object) -> set[tuple[str, bool]]:
        found = json.loads(run("offers", "acme", "--json", *how).out)
        return {(offer["offer_id"], offer["orderable"]) for offer in found}

    assert listed("--area", "berlin") == {("dsl", False), ("fibre", True)}
    assert listed("--postal-code", "20095") == {("dsl", True), ("fibre", True)}
    assert listed("--search", "FAST") == {("dsl", True)}
    opened = TODAY + timedelta(days=10)
    assert ("tv", True) in listed("--at", opened)
    assert listed("--at", TODAY + timedelta(days=9)) == {("dsl", True), ("fibre", True)}
    assert listed("--at", "2019-12-31") == set()


def test_staff_ask_why(run: Run, program: Database) -> None:
    every = run("offers", "acme", "--why").out
    assert f"to be seen from {TODAY + timedelta(days=10)}" in every
    told = run("offer", "check", "tv", "acme").out
    assert "acme does not see tv" in told
    assert "May order it: no" in told
    told = run("offer", "check", "dsl", "acme", "--area", "berlin").out
    assert "May order it: no: another partner has an exclusive here" in told
    assert "Price: 36.00 USD, the tier price" in told


def test_an_offer_or_a_place_that_is_not_there_is_said(run: Run, program: Database) -> None:
    for arguments, said in {
        ("offer", "check", "dsx", "acme"): "unknown offer 'dsx'",
        ("offer", "check", "dsl", "acne"): "unknown partner 'acne'; did you mean acme?",
        ("offers", "acme", "--area", "bonn"): "unknown area 'bonn'; there are berlin",
        ("offers", "acme", "--postal-code", "!"): "--postal-code: '!' is no postal code",
        ("offers", "acme", "--area", "berlin", "--postal-code", "1"): "one place at a time",
    }.items():
        ran = run(*arguments)
        assert ran.status == 2
        assert said in ran.err


ASKED = (
    ("offers", "acme"),
    ("offers", "acme", "--json"),
    ("offers", "acme", "--search", "fast", "--json"),
    ("offers", "acme", "--search", "secret"),
    ("offers", "acme", "--postal-code", "10115"),
    ("offers", "acme", "--limit", "1"),
    ("offers", "acme", "--at", str(TODAY + timedelta(days=3))),
    ("show", "acme"),
    ("show", "acme", "--json"),
)


@pytest.mark.parametrize("arguments", ASKED, ids=" ".join)
def test_rule_20_a_hidden_offer_is_as_one_that_does_not_exist(
    run: Run, program: Database, arguments: tuple[str, ...]
) -> None:
    with program.write() as session:
        hide(session)
    hidden = run(*arguments)
    with program.write() as session:
        forget(session)
    assert run(*arguments) == hidden


def test_what_hides_an_offer_shows_when_staff_ask(run: Run, program: Database) -> None:
    """The offers of the test above are there, and differ to whoever may know."""
    with program.write() as session:
        hide(session)
    assert run("offers", "acme", "--why").out.count("secret-") == 3
    assert "secret-dsl" in run("offers", "beta").out
