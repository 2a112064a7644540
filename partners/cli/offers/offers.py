"""`partners offers`, `partners offer check`: who may have what, and at which price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.cases.cases import PartnerArgument
from partners.cli.paging import Json, Limit, print_list
from partners.loading import on_use

with on_use():
    from partners.cli.offers import reasons
    from partners.use_cases.offers import asking

if TYPE_CHECKING:
    from partners.use_cases.offers.asking import Answer, Asked

At = Annotated[
    datetime | None,
    typer.Option(
        "--at",
        formats=["%Y-%m-%d"],
        callback=common.real_day,
        help="As it stood, or is planned, at the end of this day. Default: now.",
    ),
]
Area = Annotated[
    str | None, typer.Option("--area", help="Ordered for the whole of this area, by its code.")
]
PostalCode = Annotated[
    str | None, typer.Option("--postal-code", help="Ordered for this postal code.")
]
OfferArgument = Annotated[str, typer.Argument(metavar="OFFER", help="The offer's id.")]


def offers(
    partner: PartnerArgument,
    at: At = None,
    area: Area = None,
    postal_code: PostalCode = None,
    search: Annotated[
        str, typer.Option("--search", help="Only offers with this in their name or id.")
    ] = "",
    why: Annotated[
        bool, typer.Option("--why", help="For staff: every offer, and why it is so.")
    ] = False,
    as_json: Json = False,
    limit: Limit = None,
) -> None:
    """List the offers that a partner sees, whether they may order them, and at what price."""
    asked = _asked(at, area, postal_code)
    with common.asking() as by, asking.offers_of(by, partner, asked, search, hidden=why) as found:
        print_list(
            "offers",
            found.answers,
            lambda: _table(why),
            _adder(why),
            _json,
            as_json=as_json,
            limit=limit,
            nothing="No offers.",
            total=found.total,
        )


def check(
    offer: OfferArgument,
    partner: PartnerArgument,
    at: At = None,
    area: Area = None,
    postal_code: PostalCode = None,
    as_json: Json = False,
) -> None:
    """Say whether a partner sees an offer, may order it, at what price, and why."""
    with common.asking() as by:
        answer = asking.check(by, offer, partner, _asked(at, area, postal_code))
    _print_one(answer, as_json)


def _asked(at: datetime | None, area: str | None, postal_code: str | None) -> Asked:
    return asking.Asked(at.date() if at else None, area, postal_code)


def _json(answer: Answer) -> dict[str, Any]:
    return reasons.as_json(answer.access)


def _table(why: bool) -> Table:
    columns = ("offer", "name", "service", "order", "price")
    return Table(*columns, *(("why",) if why else ()))


def _adder(why: bool) -> Callable[[Table, Answer], None]:
    def add(table: Table, answer: Answer) -> None:
        found = answer.access
        cells = [found.offer_id, answer.name, answer.service, _order(answer), _price(answer)]
        reading = "; ".join(reasons.worded(reason) for reason in found.reasons)
        table.add_row(*cells, *((reading,) if why else ()))

    return add


def _order(answer: Answer) -> str:
    if not answer.access.visible:
        return "not seen"
    return "yes" if answer.access.orderable else f"no: {reasons.in_the_way(answer.access)}"


def _price(answer: Answer) -> str:
    found = answer.access
    if found.price is None:
        return "–"
    return f"{found.price:,} {found.currency}"


def _print_one(answer: Answer, as_json: bool) -> None:
    found = answer.access
    if as_json:
        common.out.write_json(reasons.as_json(found))
        return
    seen = "sees" if found.visible else "does not see"
    common.out.print(f"{found.partner_id} {seen} {found.offer_id} ({answer.name})")
    common.out.print(f"May order it: {_order(answer) if found.visible else 'no'}")
    level = f", the {found.price_level} price" if found.price_level else ""
    common.out.print(f"Price: {_price(answer)}{level}")
    common.out.print("Why:")
    for reason in found.reasons:
        common.out.print(f"  - {reasons.worded(reason)}")
