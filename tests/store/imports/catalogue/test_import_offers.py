"""Import of the catalogue: offers, prices and grants; again, it changes nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from partners.errors import Refusal
from partners.store.engine.database import Database
from partners.store.imports import ImportResult, import_grants, import_offers, import_prices
from partners.store.record import audit_check
from partners.store.tables.feed_tables import ImportRow
from partners.store.tables.offer_tables import GrantRow, OfferRow, OfferStateRow, PriceRow
from tests import builders
from tests.store.conftest import NOW, Importer

TODAY = date(2026, 11, 10)
Rows = Mapping[str, object]


class Catalogue:
    """Writes rows to files and imports them, on the importer's day."""

    def __init__(self, importer: Importer) -> None:
        self.importer, self.database = importer, importer.database

    def _import(self, name: str, rows: tuple[Rows, ...], **options: Any) -> ImportResult:
        path = self.importer.file(f"{name}.csv", rows)
        how = {"offers": import_offers, "prices": import_prices, "grants": import_grants}[name]
        return how(self.database, path, replace(self.importer.options, **options))

    def offers(self, *rows: Rows, **options: Any) -> ImportResult:
        return self._import("offers", rows, **options)

    def prices(self, *rows: Rows, **options: Any) -> ImportResult:
        return self._import("prices", rows, **options)

    def grants(self, *rows: Rows, **options: Any) -> ImportResult:
        return self._import("grants", rows, **options)

    def rejected(self, name: str) -> list[tuple[int, str]]:
        """Line and reason of each rejected row; the file may have a column `reason` of its own."""
        with (self.importer.folder / f"{name}.rejected.csv").open(newline="") as file:
            _, *rows = csv.reader(file)
        return [(int(row[0]), row[1]) for row in rows]

    def rows(self, table: type[Any]) -> list[Any]:
        with self.database.read() as session:
            return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))


@pytest.fixture
def catalogue(importer: Importer) -> Catalogue:
    """With an offer `hosting` that there is already, and the partners acme and zenith."""
    with importer.database.write() as session:
        builders.an_offer(session, "hosting", service="hosting", visibility="selected")
    return Catalogue(importer)


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.new, result.corrected, result.unchanged, result.rejected


def an_offer(offer_id: str = "mail", **changes: object) -> dict[str, object]:
    return {"offer_id": offer_id, "service": "mail", "name": "Mail", **changes}


def whole(database: Database) -> bool:
    with database.read() as session:
        return audit_check.verify(session).broken is None


# ---- offers ----


def test_offers_come_in_as_the_file_says_and_again_change_nothing(catalogue: Catalogue) -> None:
    rows = (
        an_offer("mail", status="active", visibility="public", price="9.90", currency="USD"),
        an_offer("mail-2", opens_on="2027-01-01", closes_on="2027-12-31"),
        an_offer("mail-3", status="paused"),
        an_offer("mail-4", status="retired", description="was sold until 2025"),
    )
    first = catalogue.offers(*rows)
    again = catalogue.offers(*rows)

    assert (counts(first), counts(again)) == ((4, 0, 0, 0), (0, 0, 4, 0))
    assert [(row.offer_id, row.status, row.visibility) for row in catalogue.rows(OfferRow)] == [
        ("hosting", "active", "selected"),
        ("mail", "active", "public"),
        ("mail-2", "draft", "selected"),
        ("mail-3", "paused", "selected"),
        ("mail-4", "retired", "selected"),
    ]
    (price,) = catalogue.rows(PriceRow)
    assert (price.offer_id, price.level, str(price.amount), price.from_day, price.until_day) == (
        *("mail", "base", "9.90", TODAY),
        None,
    )
    state = catalogue.rows(OfferStateRow)[1]  # after that of `hosting`
    assert (state.who, state.reason) == ("an import", "import of offers.csv")
    assert [row.kind for row in catalogue.rows(ImportRow)][-2:] == ["offers", "offers"]
    assert whole(catalogue.database)


def test_a_known_offer_changes_in_what_the_file_does_not_leave_blank(catalogue: Catalogue) -> None:
    catalogue.offers(an_offer(description="50 GB", closes_on="2027-12-31"))

    changed = catalogue.offers(an_offer(name="Post", service="", closes_on=""))
    opened = catalogue.offers(an_offer(name="", closes_on="none", visibility="public"))

    assert counts(changed) == counts(opened) == (0, 1, 0, 0)
    (mail,) = [row for row in catalogue.rows(OfferRow) if row.offer_id == "mail"]
    assert (mail.name, mail.service, mail.description) == ("Post", "mail", "50 GB")
    assert (mail.closes_on, mail.visibility) == (None, "public")
    assert [row.visibility for row in catalogue.rows(OfferStateRow)[1:]] == ["selected", "public"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"offer_id": "spring sale"}, "offer_id is not 1 to 64 letters"),
        ({"service": ""}, "service is blank, and the new offer mail needs one"),
        ({"status": "live"}, "status is none of draft, active, paused, retired: 'live'"),
        ({"visibility": "all"}, "visibility is none of public, preferred, selected: 'all'"),
        ({"opens_on": "1.1.2027"}, "opens_on is not a day (YYYY-MM-DD): '1.1.2027'"),
        ({"opens_on": "2027-02-01", "closes_on": "2027-01-31"}, "comes before the first"),
        ({"closes_on": "2026-11-09"}, "2026-11-09 is over"),
        ({"area": "nowhere"}, "unknown area 'nowhere'"),
        ({"price": "9.999"}, "9.999 has more decimals than the currency"),
        ({"price": "9", "currency": "EUR"}, "EUR is not the program's currency, which is USD"),
        ({"price": "10%"}, "a base price is an amount"),
        ({"price": "dear"}, "price is not a number of at least 0: 'dear'"),
        ({"status": "active", "name": ""}, "the offer mail needs a name before it can be active"),
    ],
)
def test_an_offer_that_cannot_be_kept_is_put_aside_whole(
    catalogue: Catalogue, wrong: dict[str, object], why: str
) -> None:
    result = catalogue.offers(an_offer() | wrong, an_offer("good"))

    assert counts(result) == (1, 0, 0, 1)
    ((line, reason),) = catalogue.rejected("offers")
    assert (line, why in reason) == (2, True), reason
    assert [row.offer_id for row in catalogue.rows(OfferRow)] == ["good", "hosting"]
    assert catalogue.rows(PriceRow) == []
    assert whole(catalogue.database)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"status": "draft"}, "the offer hosting is active, so it cannot become draft"),
        ({"opens_on": "2027-01-01"}, "the offer hosting is open since ever"),
        ({"price": "80"}, "a base price of hosting stands, 90.00 USD from 2026-11-10 on"),
    ],
)
def test_what_a_known_offer_cannot_become_is_put_aside(
    catalogue: Catalogue, row: dict[str, object], why: str
) -> None:
    hosting = {"offer_id": "hosting", "service": "hosting", "name": "Hosting"}
    catalogue.offers(hosting | {"price": "90.00"})

    assert counts(catalogue.offers(hosting | row | {"description": "x"})) == (0, 0, 0, 1)

    ((_, reason),) = catalogue.rejected("offers")
    assert why in reason
    assert catalogue.rows(OfferRow)[0].description == ""


def test_a_retired_offer_in_the_file_stays_as_it_is(catalogue: Catalogue) -> None:
    catalogue.offers(an_offer(status="retired"))
    assert counts(catalogue.offers(an_offer())) == (0, 0, 1, 0)
    assert counts(catalogue.offers(an_offer(status="active"))) == (0, 0, 0, 1)
    assert counts(catalogue.offers(an_offer(name="Other"))) == (0, 0, 0, 1)


def test_all_or_nothing_keeps_nothing(catalogue: Catalogue) -> None:
    result = catalogue.offers(an_offer(), an_offer("a b"), all_or_nothing=True)
    assert (result.kept, result.rejected) == (False, 1)
    assert [row.offer_id for row in catalogue.rows(OfferRow)] == ["hosting"]


def test_blocks_in_words_find_the_offers_of_a_file(catalogue: Catalogue) -> None:
    with catalogue.database.write() as session:
        session.add(builders.a_block(partner_id="acme", offers=["mail", "the old MAIL"]))
    result = catalogue.offers(an_offer("m-1", name="The old mail"))
    assert result.notes == ["1 block that stood in words: now of offers of this file"]
    assert whole(catalogue.database)


# ---- prices ----


def test_prices_come_in_for_everybody_a_tier_and_a_partner(catalogue: Catalogue) -> None:
    rows: tuple[Rows, ...] = (
        {"offer_id": "hosting", "price": "90.00"},
        {"offer_id": "hosting", "price": "10%", "tier": "preferred", "until": "2027-06-30"},
        {"offer_id": "hosting", "price": "75", "partner_id": "acme", "from": "2027-01-01"},
    )
    first, again = catalogue.prices(*rows), catalogue.prices(*rows)

    assert (counts(first), counts(again)) == ((3, 0, 0, 0), (0, 0, 3, 0))
    found = [
        (row.level, row.tier or row.partner_id, row.from_day, row.until_day)
        for row in catalogue.rows(PriceRow)
    ]
    assert found == [
        ("base", None, TODAY, None),
        ("tier", "preferred", TODAY, date(2027, 6, 30)),
        ("partner", "acme", date(2027, 1, 1), None),
    ]
    assert {row.currency for row in catalogue.rows(PriceRow)} == {"USD"}
    tomorrow = catalogue.prices(*rows, now=NOW + timedelta(days=1))
    assert counts(tomorrow) == (0, 0, 3, 0)


def test_rule_21_a_file_ends_a_price_before_the_next_one_begins(catalogue: Catalogue) -> None:
    catalogue.prices({"offer_id": "hosting", "price": "90"})

    dearer: Rows = {"offer_id": "hosting", "price": "95", "from": "2027-01-01", "until": ""}
    assert counts(catalogue.prices(dearer)) == (0, 0, 0, 1)
    ((_, reason),) = catalogue.rejected("prices")
    assert reason.startswith("a base price of hosting stands, 90 USD from 2026-11-10 on")

    ends: Rows = {"offer_id": "hosting", "price": "90", "from": "", "until": "2026-12-31"}
    assert counts(catalogue.prices(ends, dearer)) == (1, 1, 0, 0)
    assert whole(catalogue.database)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"offer_id": "hostin"}, "offer_id names no known offer: 'hostin'"),
        ({"tier": "gold"}, "unknown tier 'gold'; those of the policy are preferred"),
        ({"partner_id": "acne"}, "partner_id names no known partner: 'acne'"),
        ({"tier": "preferred", "partner_id": "acme"}, "tier and partner_id are both given"),
        ({"price": "90%", "tier": ""}, "a base price is an amount"),
        ({"price": "120%", "tier": "preferred"}, "1.2 is no discount"),
        ({"currency": "EUR"}, "EUR is not the program's currency"),
        ({"from": "2026-11-09"}, "2026-11-09 is over"),
        ({"until": "2026-11-09"}, "comes before the first"),
        ({"price": ""}, "price is blank"),
    ],
)
def test_a_price_that_cannot_be_kept_is_put_aside(
    catalogue: Catalogue, wrong: dict[str, object], why: str
) -> None:
    columns = dict.fromkeys(("tier", "partner_id", "currency", "from", "until"), "")
    result = catalogue.prices({"offer_id": "hosting", "price": "90"} | columns | wrong)
    assert counts(result) == (0, 0, 0, 1)
    ((_, reason),) = catalogue.rejected("prices")
    assert why in reason
    assert catalogue.rows(PriceRow) == []


# ---- grants ----


def a_grant(partner_id: str = "acme", **changes: object) -> dict[str, object]:
    return {"offer_id": "hosting", "partner_id": partner_id, "reason": "contract", **changes}


def test_grants_come_in_and_again_change_nothing(catalogue: Catalogue) -> None:
    rows = (a_grant(), a_grant("zenith", **{"from": "2027-01-01", "until": "2027-12-31"}))
    first, again = catalogue.grants(*rows), catalogue.grants(*rows)

    assert (counts(first), counts(again)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    assert (first.touched_partners, again.touched_partners) == (2, 0)
    acme, zenith = catalogue.rows(GrantRow)
    assert (acme.from_day, acme.until_day, acme.who, acme.reason) == (
        *(TODAY, None),
        *("an import", "contract"),
    )
    assert (zenith.from_day, zenith.until_day) == (date(2027, 1, 1), date(2027, 12, 31))
    assert counts(catalogue.grants(*rows, now=NOW + timedelta(days=5))) == (0, 0, 2, 0)
    assert whole(catalogue.database)


def test_a_row_about_a_grant_that_there_is_moves_its_last_day(catalogue: Catalogue) -> None:
    catalogue.grants(a_grant())
    assert counts(catalogue.grants(a_grant(until="2027-01-31"))) == (0, 1, 0, 0)
    (grant,) = catalogue.rows(GrantRow)
    assert grant.until_day == date(2027, 1, 31)
    assert whole(catalogue.database)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"offer_id": "hostin"}, "offer_id names no known offer: 'hostin'"),
        ({"offer_id": "old"}, "the offer old is retired, for good"),
        ({"partner_id": "acne"}, "partner_id names no known partner: 'acne'"),
        ({"partner_id": "blocked"}, "blocked cannot be granted hosting: blocked"),
        ({"partner_id": "shut"}, "shut cannot be granted hosting: hosting is blocked for them"),
        ({"from": "2026-11-09"}, "2026-11-09 is over"),
        ({"from": "2027-01-02", "until": "2027-01-01"}, "comes before the first"),
        ({"from": "2026-12-01"}, "acme has a grant of hosting already, from 2026-11-10 on"),
    ],
)
def test_a_grant_that_cannot_be_kept_is_put_aside(
    catalogue: Catalogue, wrong: dict[str, object], why: str
) -> None:
    with catalogue.database.write() as session:
        builders.an_offer(session, "old", status="retired")
        for partner_id in ("blocked", "shut"):
            builders.a_partner(session, partner_id)
        session.add(builders.a_block(partner_id="blocked", kind="block"))
        session.add(builders.a_block(partner_id="shut", offers=["hosting"]))
    blank = {"from": "", "until": ""}
    catalogue.grants(a_grant())

    result = catalogue.grants(a_grant() | blank | wrong, a_grant("zenith", **blank))

    assert counts(result) == (1, 0, 0, 1)
    ((line, reason),) = catalogue.rejected("grants")
    assert (line, why in reason) == (2, True), reason
    assert [row.partner_id for row in catalogue.rows(GrantRow)] == ["acme", "zenith"]


def test_several_grants_of_one_partner_in_a_file_follow_one_another(catalogue: Catalogue) -> None:
    rows = (
        a_grant(**{"from": "2026-12-01", "until": "2026-12-31"}),
        a_grant(**{"from": "2027-01-01", "until": "2027-01-31"}),
        a_grant(**{"from": "2027-01-31", "until": ""}),
    )
    assert counts(catalogue.grants(*rows)) == (2, 0, 0, 1)


def test_rule_09_a_file_that_is_imported_twice_at_once_is_kept_once(
    new_importer: Callable[[], Importer],
) -> None:
    catalogue = Catalogue(new_importer())
    with catalogue.database.write() as session:
        builders.an_offer(session, "hosting")
    path = catalogue.importer.file("grants.csv", [a_grant(), a_grant("zenith")])

    def one(_number: int) -> tuple[int, int, int, int]:
        return counts(import_grants(catalogue.database, path, catalogue.importer.options))

    with ThreadPoolExecutor(4) as pool:
        came_to = sorted(pool.map(one, range(4)))

    assert came_to == [*[(0, 0, 2, 0)] * 3, (2, 0, 0, 0)]
    assert len(catalogue.rows(GrantRow)) == 2


def test_grants_of_a_moment_ago_are_told_by_their_moment(catalogue: Catalogue) -> None:
    catalogue.grants(a_grant())
    (grant,) = catalogue.rows(GrantRow)
    assert grant.granted_at == datetime(2026, 11, 10, 12, tzinfo=UTC)


def test_rule_21_a_file_by_which_somebody_pays_more_too_soon_is_refused_whole(
    catalogue: Catalogue,
) -> None:
    builders.accept(catalogue.database, builders.a_policy())
    with catalogue.database.write() as session:
        builders.a_partner(session, "buyer")
    catalogue.offers(an_offer(visibility="public", status="active", price="9.90"))
    ends = {"offer_id": "mail", "price": "9.90", "until": str(TODAY + timedelta(days=10))}
    dearer = {"offer_id": "mail", "price": "12", "from": str(TODAY + timedelta(days=11))}
    with pytest.raises(Refusal) as refused:
        catalogue.prices(ends, dearer)
    assert refused.value.code == "price_rises_too_soon"
    assert [(str(row.amount), row.until_day) for row in catalogue.rows(PriceRow)] == [
        ("9.90", None)
    ]
    ends["until"] = str(TODAY + timedelta(days=29))
    dearer["from"] = str(TODAY + timedelta(days=30))
    assert counts(catalogue.prices(ends, dearer)) == (1, 1, 0, 0)
    assert whole(catalogue.database)
