"""`partners offer price|price-for|grant|revoke`: for how much, and for whom."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from partners.cli import common
from partners.cli.bounds import MOST_DIGITS
from partners.cli.offers.offer_life import Offer, Reason
from partners.cli.refusals import pasted
from partners.domain.offers.offer import PriceLevel, Span
from partners.domain.offers.offer_life import SetPrice
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners.cli import telling
    from partners.store.offers.catalogue import offer_prices, term_refusals
    from partners.use_cases.offers import granting, price_telling, pricing

if TYPE_CHECKING:
    from partners.use_cases.acting import Admin
    from partners.use_cases.offers.offer_pages import PriceFacts

Partner = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id.")]
From = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="The first day. Default: today.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="The last day. Default: none.")
]


Amount = Annotated[
    str | None,
    typer.Argument(
        metavar="PRICE",
        help="90.00 (of the program's currency), or a share off the base price: 10%. Left out: "
        "--until says how long the price holds that is set.",
    ),
]
_PERCENT = re.compile(r"(?P<number>[^%\s]+)\s*%")
_MONEY = re.compile(r"(?P<number>\S+?)\s*(?P<currency>[A-Z]{3})?")


def price(
    offer_id: Offer,
    reason: Reason,
    by: common.By,
    amount: Amount = None,
    tier: Annotated[
        str | None, typer.Option("--tier", help="For partners of this tier; else for everybody.")
    ] = None,
    from_: From = None,
    until: Until = None,
    yes: common.Yes = False,
) -> None:
    """Set what an offer costs, for everybody (base) or a tier; or, with --until alone, end it.

    A tier's price goes before the base price, and a partner's own before both.
    """
    whose = Whose(PriceLevel.BASE if tier is None else PriceLevel.TIER, tier)
    _price(offer_id, whose, amount, _span(from_, until), Signed(by, reason, yes))


def price_for(
    offer_id: Offer,
    partner: Partner,
    reason: Reason,
    by: common.By,
    amount: Amount = None,
    from_: From = None,
    until: Until = None,
    yes: common.Yes = False,
) -> None:
    """Set what an offer costs a partner; or, with --until alone, end their own price."""
    whose = Whose(PriceLevel.PARTNER, partner)
    _price(offer_id, whose, amount, _span(from_, until), Signed(by, reason, yes))


class Whose(NamedTuple):
    """Whose price it is: everybody's, a tier's or a partner's."""

    level: PriceLevel
    who: str | None


class Signed(NamedTuple):
    """Who does it and why; `yes`: they are not asked."""

    by: str
    reason: str
    yes: bool


def _span(first: str | None, last: str | None) -> Span:
    return Span(common.last_day(first), common.last_day(last))


def _price(offer_id: str, whose: Whose, amount: str | None, span: Span, signed: Signed) -> None:
    if amount is None:
        if span.last is None or span.first is not None:
            raise UserError(
                "say the price; or how long the one holds that is set, with --until alone"
            )
        _end(offer_id, whose, span.last, signed)
        return
    new, currency = _read(whose, amount, span)
    with common.acting_as(signed.by) as admin:
        args = (admin, offer_id, new, signed.reason, currency)
        seen = pricing.set_price(*args, only_look=True)
        common.out.print(f"{offer_id}: {price_line(seen)}")
        common.agreed("Do this?", signed.yes)
        pricing.set_price(*args)
        common.out.print("The price is set.")
        _tell(admin, offer_id)


def _end(offer_id: str, whose: Whose, last: date, signed: Signed) -> None:
    with common.acting_as(signed.by) as admin:
        args = (admin, offer_id, *whose, last, signed.reason)
        for one in pricing.end_price(*args, only_look=True).prices:
            common.out.print(f"{offer_id}: {price_line(one)}")
        common.agreed("Do this?", signed.yes)
        pricing.end_price(*args)
        common.out.print(f"After {last} no such price holds.")
        _tell(admin, offer_id)


def tell(offer_id: Offer) -> None:
    """Have partners told of prices that rise for them, if no server answered before."""
    with common.acting_as(common.user_name()) as admin:
        if not _tell(admin, offer_id):
            common.out.print(f"{offer_id} gets dearer for nobody.")


def _tell(admin: Admin, offer_id: str) -> int:
    """Without a server the price stands all the same. Returns of how many prices there is news."""
    told = telling.finished(price_telling.tell(admin, offer_id))
    if told.unreachable:
        common.warn(
            f"partners for whom {offer_id} gets dearer are not told: {told.unreachable}. As soon "
            f"as it runs: {pasted('partners', 'offer', 'tell', offer_id)}"
        )
    elif told.number:
        common.out.print("Partners for whom it gets dearer are being told.")
    return told.number


def _read(whose: Whose, text: str, span: Span) -> tuple[SetPrice, str]:
    """A price as a person writes it, and the currency that they name, if any."""
    if share := _PERCENT.fullmatch(text):
        return SetPrice(*whose, span, discount=_number(share["number"], text) / 100), ""
    money = _MONEY.fullmatch(text)
    amount = _number(money["number"] if money else "", text)
    return SetPrice(*whose, span, amount), (money and money["currency"]) or ""


def _number(written: str, text: str) -> Decimal:
    try:
        number = Decimal(written)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number.adjusted() > MOST_DIGITS:
        raise UserError(f"{text!r} is no price; write it as 90.00, or as 10%")
    return number


def price_line(one: PriceFacts) -> str:
    """`price for tier gold: 90 EUR from 2026-12-01 on`."""
    what = term_refusals.priced_for(one.level, one.partner_id or one.tier)
    words = offer_prices.price_words(one.amount, one.discount, one.currency)
    if one.until_day is not None and one.until_day < one.from_day:
        return f"{what}: {words}, taken back before {one.from_day}"
    return f"{what}: {words} {term_refusals.days_of(one.from_day, one.until_day)}"


def grant(
    offer_id: Offer,
    partner: Partner,
    reason: Reason,
    by: common.By,
    from_: From = None,
    until: Until = None,
    yes: common.Yes = False,
) -> None:
    """Grant a partner an offer that only selected partners may have."""
    span = _span(from_, until)
    with common.acting_as(by) as manager:
        seen = granting.grant(manager, offer_id, partner, span, reason, only_look=True)
        days = term_refusals.days_of(seen.from_day, seen.until_day)
        common.out.print(f"{offer_id} for {partner}: {days}")
        common.agreed("Do this?", yes)
        granting.grant(manager, offer_id, partner, span, reason)
    common.out.print(f"{partner} is granted {offer_id}.")


def revoke(
    offer_id: Offer, partner: Partner, reason: Reason, by: common.By, yes: common.Yes = False
) -> None:
    """Take a grant back, from now on. What the partner ordered stands."""
    with common.acting_as(by) as manager:
        for one in granting.revoke(manager, offer_id, partner, reason, only_look=True):
            days = term_refusals.days_of(one.from_day, one.until_day)
            common.out.print(f"{offer_id} for {partner}, {days}: ends now")
        common.agreed("Do this?", yes)
        granting.revoke(manager, offer_id, partner, reason)
    common.out.print(f"{partner} has {offer_id} no more by a grant.")
