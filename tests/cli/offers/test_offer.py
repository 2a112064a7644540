"""`partners offer …`: an offer from its draft to its end, as a person types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from partners.store.engine.database import Database
from partners.store.tables.offer_tables import GrantRow, OfferRow, OfferStateRow, PriceRow
from tests import builders
from tests.cli.conftest import Run

TODAY = datetime.now(UTC).date()
LATER = TODAY + timedelta(days=60)
SAID = ("--reason", "agreed with sales", "--by", "Ann")
YES = (*SAID, "--yes")


@pytest.fixture
def program(database: Database) -> Database:
    builders.accept(database, builders.a_policy(program={"currency": "EUR"}))
    with database.write() as session:
        builders.a_partner(session, "acme")
    return database


def rows(database: Database, table: type[Any]) -> list[Any]:
    with database.read() as session:
        return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))


def added(run: Run, *more: str) -> None:
    given = ("--service", "hosting", "--name", "Web hosting", *more)
    assert run("offer", "add", "hosting", *given, *SAID).status == 0


def test_an_offer_is_added_priced_activated_and_shown(run: Run, program: Database) -> None:
    ran = run("offer", "add", "hosting", "--service", "hosting", "--name", "Web hosting", *SAID)
    assert ran.out == (
        "hosting is a draft, for partners with a grant; next: partners offer price hosting … "
        "--reason …, then partners offer activate hosting --reason …\n"
    )
    assert "base price: 90.00 EUR from" in run("offer", "price", "hosting", "90.00", *YES).out
    off = run("offer", "price", "hosting", "12.5%", "--tier", "preferred", *YES)
    assert f"price for tier preferred: 12.5 % off from {TODAY} on" in off.out
    own = run("offer", "price-for", "hosting", "acme", "75 EUR", "--until", LATER, *YES)
    assert f"price for acme: 75 EUR from {TODAY} to {LATER}" in own.out
    assert run("offer", "grant", "hosting", "acme", *YES).out.splitlines() == [
        f"hosting for acme: from {TODAY} on",
        "acme is granted hosting.",
    ]
    assert run("offer", "activate", "hosting", *YES).out.splitlines() == [
        "hosting: from draft to active, for partners with a grant; 1 partner with a grant",
        "hosting is active.",
    ]

    shown = run("offer", "show", "hosting").out
    for words in ("hosting Web hosting · hosting · active", "Granted to 1 partner", "12.5 % off"):
        assert words in shown
    page = json.loads(run("offer", "show", "hosting", "--json").out)
    assert (page["status"], page["granted"], len(page["prices"])) == ("active", 1, 2)
    assert len(json.loads(run("offer", "prices", "hosting", "--json").out)) == 3
    assert "12.5 % off" in run("offer", "prices", "hosting").out
    assert page["own_prices"] == 1
    assert [state["who"] for state in page["states"]] == ["Ann", "Ann"]
    listed = json.loads(run("offer", "list", "--status", "active", "--json").out)
    assert [one["offer_id"] for one in listed] == ["hosting"]
    (grant,) = json.loads(run("offer", "grants", "hosting", "--json").out)
    assert (grant["partner_id"], grant["from_day"]) == ("acme", str(TODAY))


def test_nothing_is_done_before_a_person_agrees(
    run: Run, program: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(run)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    for command in (
        ("price", "hosting", "90"),
        ("activate", "hosting"),
        ("retire", "hosting"),
        ("change", "hosting", "visibility", "public"),
        ("grant", "hosting", "acme"),
        ("window", "hosting", "--tier", "preferred", "--visible-from", str(LATER)),
    ):
        ran = run("offer", *command, *SAID)
        assert (ran.status, ran.err) == (2, "error: nothing was done\n"), command
    assert rows(program, PriceRow) == rows(program, GrantRow) == []
    assert [row.status for row in rows(program, OfferStateRow)] == ["draft"]


def test_rule_21_an_overlapping_price_names_the_other_and_how_to_end_it(
    run: Run, program: Database
) -> None:
    added(run)
    run("offer", "price", "hosting", "90", "--tier", "preferred", *YES)

    ran = run("offer", "price", "hosting", "80", "--tier", "preferred", "--from", LATER, *YES)

    assert (ran.status, ran.err) == (
        2,
        f"error: a price for tier preferred of hosting stands, 90 EUR from {TODAY} on; end it "
        "before the new one begins: partners offer price hosting --tier preferred --until DATE "
        "--reason …\n",
    )
    last = LATER - timedelta(days=1)
    run("offer", "price", "hosting", "--tier", "preferred", "--until", last, *YES)
    ran = run("offer", "price", "hosting", "80", "--tier", "preferred", "--from", LATER, *YES)
    assert ran.status == 0, ran.err
    assert [row.until_day for row in rows(program, PriceRow)] == [last, None]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("price", "hosting", "9,5"), "'9,5' is no price; write it as 90.00, or as 10%"),
        (("price", "hosting", "90 USD"), "USD is not the program's currency, which is EUR"),
        (("price", "hosting", "10%"), "a base price is an amount: a discount comes off it"),
        (("price", "hosting"), "say the price; or how long the one holds"),
        (("price", "hosting", "9", "--tier", "gold"), "those of the policy are preferred"),
        (("price-for", "hosting", "acne", "9"), "unknown partner 'acne'; did you mean acme?"),
        (("activate", "hostin"), "unknown offer 'hostin'; did you mean hosting?"),
        (("activate", "mail"), "unknown offer 'mail'; see: partners offer list"),
        (("pause", "hosting"), "hosting is draft, so it cannot become paused"),
        (("change", "hosting", "visibility", "all"), "use one of public, preferred, selected"),
        (("change", "hosting", "name", "Web hosting"), "the offer hosting is so already"),
        (("change", "hosting", "closes-on", "2020-01-01"), "2020-01-01 is over"),
        (("revoke", "hosting", "acme"), "see: partners offer grants hosting"),
        (("window", "hosting", "--tier", "preferred"), "say either --visible-from"),
    ],
)
def test_a_refusal_is_one_line_with_the_way_on(
    run: Run, program: Database, arguments: tuple[str, ...], said: str
) -> None:
    added(run)
    ran = run("offer", *arguments, *YES)
    assert (ran.status, len(ran.err.splitlines())) == (2, 1)
    assert said in ran.err
    assert len(rows(program, OfferStateRow)) == 1
    assert rows(program, PriceRow) == []


def test_a_draft_that_is_not_ready_says_what_it_needs(run: Run, program: Database) -> None:
    run("offer", "add", "mail", "--service", "mail", *SAID)
    run("offer", "price", "mail", "10%", "--tier", "preferred", *YES)

    ran = run("offer", "activate", "mail", *YES)

    assert ran.err == (
        "error: the offer mail needs a name and a base price, for its discounts to come off before "
        "it can be active: partners offer change mail name … --reason …, then partners offer price "
        "mail … --reason …\n"
    )


def test_what_changes_is_shown_and_kept(run: Run, program: Database) -> None:
    added(run)
    ran = run("offer", "change", "hosting", "closes-on", LATER, *YES)
    assert ran.out.splitlines() == [f"closes_on: none → {LATER}", "hosting is changed."]
    run("offer", "change", "hosting", "description", "50 GB", *YES)
    run("offer", "change", "hosting", "closes-on", "none", *YES)
    (row,) = rows(program, OfferRow)
    assert (row.description, row.closes_on) == ("50 GB", None)


def test_an_offer_of_the_past_is_paused_resumed_and_retired(run: Run, program: Database) -> None:
    added(run, "--visibility", "public")
    for act, status in (
        *(("activate", "active"), ("pause", "paused"), ("resume", "active")),
        ("retire", "retired"),
    ):
        assert run("offer", act, "hosting", *YES).out.endswith(f"hosting is {status}.\n")
    assert "is retired, for good" in run("offer", "resume", "hosting", *YES).err


def test_blocks_in_words_are_listed_and_matched(run: Run, program: Database) -> None:
    added(run)
    with program.write() as session:
        session.add(builders.a_block(partner_id="acme", offers=["Web hosts"]))

    assert "Web hosts" in run("offer", "unmatched").out
    (one,) = json.loads(run("offer", "unmatched", "--json").out)
    assert (one["words"], one["near"]) == ("Web hosts", ["hosting"])
    assert run("offer", "match", "Web hosts", "hosting", *SAID).out == (
        "The block of 'Web hosts' for acme is of hosting from now on.\n"
    )
    assert run("offer", "unmatched").out == "Every block of offers names an offer.\n"


def test_a_price_that_rises_too_soon_is_refused_with_the_first_day(
    run: Run, program: Database
) -> None:
    added(run, "--visibility", "public")
    run("offer", "price", "hosting", "90", *YES)
    run("offer", "activate", "hosting", *YES)
    last, first = TODAY + timedelta(days=29), TODAY + timedelta(days=30)
    run("offer", "price", "hosting", "--until", str(last - timedelta(days=1)), *YES)
    soon = run("offer", "price", "hosting", "95", "--from", str(last), *YES)
    assert soon.status == 2
    assert f"would get dearer on {last} for partners who are told 30 days before" in soon.err
    assert f"hold through {last}, and write --from {first} or a later day" in soon.err
    assert len(rows(program, PriceRow)) == 1
    assert run("offer", "tell", "hosting").out == "hosting gets dearer for nobody.\n"
