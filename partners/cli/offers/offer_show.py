"""`partners offer show|list|grants|unmatched|match`: looking at offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.offers.offer_life import Offer, Reason, say_matched
from partners.cli.offers.offer_terms import price_line
from partners.cli.paging import Json, Limit, print_list
from partners.domain.number_words import number_of
from partners.domain.offers.offer import OfferStatus, Visibility
from partners.domain.record.audit import plain
from partners.loading import on_use

with on_use():
    from partners.store.offers.catalogue import offer_prices, term_refusals
    from partners.use_cases.offers import offer_acts, offer_pages

if TYPE_CHECKING:
    from partners.use_cases.offers.offer_pages import (
        GrantFacts,
        InWords,
        OfferFacts,
        OfferPage,
        PriceFacts,
    )


def list_offers(
    service: Annotated[str | None, typer.Option("--service", help="Only of this service.")] = None,
    status: Annotated[OfferStatus | None, typer.Option("--status", help="Only these.")] = None,
    visibility: Annotated[
        Visibility | None, typer.Option("--visibility", help="Only these.")
    ] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List every offer, by id: drafts and retired ones too."""
    columns = ("offer", "name", "service", "status", "for", "opens", "closes", "area")
    with common.asking() as by:
        print_list(
            "offers",
            offer_pages.list_offers(by, service, status, visibility),
            lambda: Table(*columns),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No offers.",
        )


def _add(table: Table, one: OfferFacts) -> None:
    days = (str(day) if day else "" for day in (one.opens_on, one.closes_on))
    cells = (one.offer_id, one.name, one.service, one.status, one.visibility)
    table.add_row(*cells, *days, one.area_code or "")


def _facts(one: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in vars(one).items()}


def show(offer_id: Offer, as_json: Json = False) -> None:
    """Show an offer: how it stands and stood, its prices, windows and grants."""
    with common.asking() as by:
        page = offer_pages.show_offer(by, offer_id)
    if as_json:
        common.out.write_json(_everything(page))
        return
    one = page.offer
    common.out.print(f"{one.offer_id} {one.name} · {one.service} · {one.status}", soft_wrap=True)
    if one.description:
        common.out.print(one.description, soft_wrap=True)
    opens = term_refusals.days_of(one.opens_on, one.closes_on)
    common.out.print(f"For: {one.visibility}; {one.area_code or 'everywhere'}; {opens}")
    common.out.print(f"Granted to {number_of(page.granted, 'partner')}")
    if page.exclusives:
        common.out.print(f"Exclusives: {', '.join(page.exclusives)}", soft_wrap=True)
    for price in page.prices:
        common.out.print(price_line(price))
    if page.own_prices:
        own = number_of(page.own_prices, "price")
        see = common.pasted("partners", "offer", "prices", offer_id)
        common.out.print(f"{own} of partners; see: {see}", soft_wrap=True)
    for window in page.windows:
        words = f"sees it from {window.visible_from}, orders it from {window.orderable_from}"
        common.out.print(f"tier {window.tier} {words}")
    table = Table("since", "status", "for", "by", "reason")
    for state in page.states:
        at = f"{state.at:%Y-%m-%d %H:%M}"
        table.add_row(at, state.status, state.visibility, state.who, state.reason)
    common.out.print(table)


def _everything(page: OfferPage) -> dict[str, Any]:
    return {
        **_facts(page.offer),
        "granted": page.granted,
        "exclusives": list(page.exclusives),
        "own_prices": page.own_prices,
        "prices": [_facts(one) for one in page.prices],
        "windows": [_facts(one) for one in page.windows],
        "states": [_facts(one) for one in page.states],
    }


def list_grants(offer_id: Offer, limit: Limit = None, as_json: Json = False) -> None:
    """List who was granted an offer, the newest first, and what was revoked."""
    columns = ("partner", "days", "by", "reason", "revoked")
    with common.asking() as by:
        print_list(
            "grants",
            offer_pages.list_grants(by, offer_id),
            lambda: Table(*columns),
            _add_grant,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No grants.",
        )


def _add_grant(table: Table, one: GrantFacts) -> None:
    revoked = ""
    if one.revoked_at is not None:
        revoked = f"{one.revoked_at:%Y-%m-%d}, {one.revoked_by}: {one.revoked_because}"
    days = term_refusals.days_of(one.from_day, one.until_day)
    table.add_row(one.partner_id, days, one.who, one.reason, revoked)


def list_prices(offer_id: Offer, limit: Limit = None, as_json: Json = False) -> None:
    """List every price of an offer that was ever set, the newest first."""
    columns = ("price for", "price", "days", "by", "reason")
    with common.asking() as by:
        print_list(
            "prices",
            offer_pages.list_prices(by, offer_id),
            lambda: Table(*columns),
            _add_price,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No prices.",
        )


def _add_price(table: Table, one: PriceFacts) -> None:
    words = offer_prices.price_words(one.amount, one.discount, one.currency)
    days = term_refusals.days_of(one.from_day, one.until_day)
    if one.until_day is not None and one.until_day < one.from_day:
        days = f"taken back before {one.from_day}"
    whose = one.partner_id or (f"tier {one.tier}" if one.tier else "everybody")
    table.add_row(whose, words, days, one.who, one.reason)


def list_unmatched(limit: Limit = None, as_json: Json = False) -> None:
    """List blocks that were written in words which no offer has as its id or its name."""
    columns = ("partner", "block of", "since", "until", "by", "perhaps")
    with common.asking() as by:
        print_list(
            "blocks",
            offer_pages.list_in_words(by),
            lambda: Table(*columns),
            _add_in_words,
            lambda one: {**_facts(one), "near": list(one.near)},
            as_json=as_json,
            limit=limit,
            nothing="Every block of offers names an offer.",
        )


def _add_in_words(table: Table, one: InWords) -> None:
    until = str(one.until_day or "")
    near = ", ".join(one.near)
    table.add_row(one.partner_id, one.words, f"{one.from_day}", until, one.who, near)


def match(
    words: Annotated[
        str, typer.Argument(metavar="WORDS", help="As `partners offer unmatched` lists them.")
    ],
    offer_id: Annotated[str, typer.Argument(metavar="OFFER", help="The offer that is meant.")],
    reason: Reason,
    by: common.By,
) -> None:
    """Say which offer is meant by words that stand in blocks."""
    with common.acting_as(by) as manager:
        say_matched(offer_acts.say_meant(manager, words, offer_id, reason))
