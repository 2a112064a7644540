"""How an exclusive, its terms and those who lose by it are worded and printed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.table import Table

from partners.cli import common
from partners.domain.number_words import number_of

if TYPE_CHECKING:
    from partners.store.offers.holding.losers import Loser
    from partners.use_cases.offers.exclusive_view import Exclusive, ExclusivePage
    from partners.use_cases.offers.exclusives import Losers

_SHOWN = 8


def terms(one: Exclusive) -> list[tuple[str, str]]:
    """What was agreed, a line each."""
    lines = [
        ("holder", one.partner_id),
        ("service", one.service),
        ("where", place(one)),
        ("term", f"{one.first_day} to {one.last_day}"),
        ("minimum", minimum(one)),
        ("when missed", f"{number_of(one.cure_days, 'day')} to cure, then it is not exclusive"),
        ("tier", _tier(one)),
        ("holders", f"at most {one.max_holders}" if one.max_holders > 1 else "the only one"),
        ("renewal", str(one.renewal)),
    ]
    if one.offer_id:
        lines.insert(2, ("offer", f"{one.offer_id}, granted through the term"))
    if one.renews:
        lines.append(("renews", one.renews))
    return lines


def place(one: Exclusive) -> str:
    if one.area_code is None:
        return "everywhere"
    signed = f", {number_of(one.places, 'postal code')}" if one.places is not None else ""
    return f"area {one.area_code}{signed}"


def minimum(one: Exclusive) -> str:
    """`12 orders a month and 95 % completed of at least 10, looked at quarterly`; `none`."""
    asked = []
    if one.minimum_orders:
        asked.append(f"{number_of(one.minimum_orders, 'order')} a month")
    if one.completion is not None:
        asked.append(f"{percent(one.completion)} completed of at least {one.min_sample}")
    return f"{' and '.join(asked)}, looked at {one.period}" if asked else "none"


def percent(rate: Decimal) -> str:
    return f"{(rate * 100).quantize(Decimal('0.1')).normalize():f} %"


def _tier(one: Exclusive) -> str:
    if one.required_tier is None:
        return "any"
    return f"{one.required_tier} or above; lost, it is kept for {number_of(one.notice_days, 'day')}"


def print_terms(one: Exclusive) -> None:
    table = Table(show_header=False, box=None)
    for name, said in terms(one):
        table.add_row(name, said)
    common.out.print(table)


def print_periods(page: ExclusivePage) -> None:
    if not page.periods:
        common.out.print("No period has been judged yet.")
        return
    table = Table("period", "orders a month", "placed", "completed", "of", "rate", "verdict")
    for one in page.periods:
        rate = "–" if one.completion is None else percent(one.completion)
        months = f"{one.first}" if one.first == one.last else f"{one.first} to {one.last}"
        counts = (one.placed, one.completed, one.concluded)
        table.add_row(
            months, f"{one.placed_a_month:,.1f}", *(f"{n:,}" for n in counts), rate, one.verdict
        )
    common.out.print(table)


def print_losers(losers: Losers, one: Exclusive) -> None:
    """Who can order no more what they could: how many, and the first of them."""
    if not losers.count:
        common.out.print("Nobody loses anything.")
        return
    who = number_of(losers.count, "partner")
    common.out.print(
        f"{who} can order {one.service} there no more from {one.first_day} on; earlier orders "
        "stand. Who ordered there lately comes first:"
    )
    table = Table("partner", "name", "tier", f"orders since {losers.since}", "loses")
    for loser in losers.first:
        table.add_row(
            loser.partner_id, loser.name, loser.tier or "", f"{loser.orders:,}", lost(loser)
        )
    common.out.print(table)
    if losers.count > len(losers.first):
        more = losers.count - len(losers.first)
        common.out.print(f"and {more:,} more: partners exclusive activate … --simulate --json")


def lost(loser: Loser) -> str:
    """`hotline-1 in 4 postal codes, hotline-2 everywhere`."""
    said = [f"{what.offer_id} {_where(what.codes)}" for what in loser.lost[:_SHOWN]]
    more = len(loser.lost) - _SHOWN
    return ", ".join(said) + (f" and {more:,} more offers" if more > 0 else "")


def _where(codes: int | None) -> str:
    return "everywhere" if codes is None else f"in {number_of(codes, 'postal code')}"


def loser_facts(loser: Loser) -> dict[str, Any]:
    return {
        "partner_id": loser.partner_id,
        "name": loser.name,
        "tier": loser.tier,
        "orders": loser.orders,
        "lost": [{"offer_id": what.offer_id, "postal_codes": what.codes} for what in loser.lost],
    }


def facts(one: Exclusive) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(one).items()}


def page_facts(page: ExclusivePage) -> dict[str, Any]:
    return facts(page.exclusive) | {
        "postal_codes": page.postal_codes,
        "days_to_cure": page.days_to_cure,
        "renewed_by": page.renewed_by,
        "states": [
            {name: _plain(value) for name, value in asdict(state).items()} for state in page.states
        ],
        "periods": [
            {
                "first": f"{one.first}",
                "last": f"{one.last}",
                "placed": one.placed,
                "completed": one.completed,
                "concluded": one.concluded,
                "verdict": one.verdict,
                "reviewed_at": one.reviewed_at.isoformat(),
            }
            for one in page.periods
        ],
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
