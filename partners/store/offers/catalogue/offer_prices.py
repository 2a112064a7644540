"""Prices of offers as they are set and ended: within a level no two hold on one day (rule 21)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from babel.numbers import get_currency_precision
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.domain.offers.offer import PriceLevel, Span
from partners.domain.offers.offer_life import SetPrice, why_no_price
from partners.domain.policy.policy import Policy
from partners.store.offers.catalogue.offer_refusals import (
    TierNotInPolicy,
)
from partners.store.offers.catalogue.term_refusals import (
    NoPriceToEnd,
    OtherCurrency,
    PriceOverlaps,
    UnfitPrice,
    in_order,
    not_over,
)
from partners.store.tables.offer_tables import OfferRow, PriceRow

if TYPE_CHECKING:
    from partners.store.offers.catalogue.offer_changes import Said

_ONE_DAY = timedelta(days=1)


def as_set(row: PriceRow) -> SetPrice:
    span = Span(row.from_day, row.until_day)
    return SetPrice(row.level, row.partner_id or row.tier, span, row.amount, row.discount)


def set_prices(session: Session, offer_id: str) -> list[SetPrice]:
    """What decides whether an offer is ready: base and tier prices, and a discount of a partner."""
    row = PriceRow
    own = select(row).where(
        row.offer_id == offer_id, row.level == PriceLevel.PARTNER, row.discount.is_not(None)
    )
    found = [*general_prices(session, offer_id), *session.scalars(own.limit(1))]
    return [as_set(one) for one in found]


def general_prices(session: Session, offer_id: str) -> list[PriceRow]:
    """The base and tier prices of an offer that were ever set, by level and day."""
    row = PriceRow
    query = select(row).where(row.offer_id == offer_id, row.partner_id.is_(None))
    return list(session.scalars(query.order_by(row.level, row.tier, row.from_day, row.price_id)))


def prices_for(
    session: Session, offer_id: str, level: PriceLevel, whose: str | None
) -> list[PriceRow]:
    """What was ever set for one partner or tier, or for everybody, by day."""
    row = PriceRow
    if level is not PriceLevel.PARTNER:
        found = general_prices(session, offer_id)
        return [one for one in found if (one.level, one.tier) == (level, whose)]
    query = select(row).where(row.offer_id == offer_id, row.partner_id == whose)
    return list(session.scalars(query.order_by(row.from_day, row.price_id)))


def of_partners(
    session: Session, offer_ids: Collection[str], partner_ids: Collection[str]
) -> list[PriceRow]:
    """What was ever set for these partners, of these offers."""
    row = PriceRow
    query = select(row).where(row.partner_id.in_(partner_ids), row.offer_id.in_(offer_ids))
    return list(session.scalars(query))


def number_of_own(session: Session, offer_id: str) -> int:
    """How many prices of partners were ever set."""
    row = PriceRow
    query = select(func.count()).where(row.offer_id == offer_id, row.partner_id.is_not(None))
    return session.scalar(query) or 0


def listed(session: Session, offer_id: str) -> Iterator[PriceRow]:
    """Every price of an offer that was ever set, the newest first, read as they are asked for."""
    query = select(PriceRow).where(PriceRow.offer_id == offer_id)
    query = query.order_by(PriceRow.price_id.desc())
    yield from session.scalars(query.execution_options(yield_per=500))


def price_words(amount: Decimal | None, discount: Decimal | None, currency: str) -> str:
    """`90 EUR`, or `10 % off`."""
    if amount is not None:
        return f"{amount:f} {currency}"
    return f"{(discount or Decimal()) * 100:f}".rstrip("0").rstrip(".") + " % off"


def check(price: SetPrice, currency: str, policy: Policy) -> None:
    """Hold a price against the program. Raises OtherCurrency, TierNotInPolicy or UnfitPrice."""
    programs = policy.program.currency
    if currency and currency != programs:
        raise OtherCurrency(currency, programs)
    tiers = tuple(tier.key for tier in policy.tiers)
    if price.level is PriceLevel.TIER and price.whose not in tiers:
        raise TierNotInPolicy(price.whose or "", tiers)
    if why := why_no_price(price, get_currency_precision(programs)):
        raise UnfitPrice(why)
    in_order(*price.span)


def check_free(price: SetPrice, standing: Collection[PriceRow], today: date) -> None:
    """Raises PriceOverlaps, and DayIsOver for a price from a day that is over: what held then is
    not changed."""
    not_over(price.span.first, today)
    from_today = replace(price, span=Span(price.span.first or today, price.span.last))
    in_order(*from_today.span)
    for other in standing:
        if from_today.collides_with(as_set(other)):
            raise overlap(other)


def put(
    session: Session,
    offer: OfferRow,
    price: SetPrice,
    currency: str,
    said: Said,
    standing: Collection[PriceRow],
) -> PriceRow:
    """Set a price that was checked. `standing`: those of the offer. Raises as `check_free`."""
    check_free(price, standing, said.today)
    row = PriceRow(
        offer_id=offer.offer_id,
        level=price.level,
        partner_id=price.whose if price.level is PriceLevel.PARTNER else None,
        tier=price.whose if price.level is PriceLevel.TIER else None,
        amount=price.amount,
        discount=price.discount,
        currency=currency,
        from_day=price.span.first or said.today,
        until_day=price.span.last,
        set_at=said.at,
        who=said.who,
        reason=said.reason,
    )
    session.add(row)
    return row


def overlap(row: PriceRow) -> PriceOverlaps:
    words = price_words(row.amount, row.discount, row.currency)
    whose = row.partner_id or row.tier
    return PriceOverlaps(row.offer_id, row.level, whose, words, row.from_day, row.until_day)


def move_end(row: PriceRow, last: date | None, standing: Collection[PriceRow], today: date) -> None:
    """Let a price hold longer or shorter. Raises PriceOverlaps, DaysOutOfOrder and DayIsOver."""
    not_over(last, today)
    not_over(row.until_day, today)
    moved = replace(as_set(row), span=in_order(row.from_day, last))
    for other in standing:
        if other is not row and moved.collides_with(as_set(other)):
            raise overlap(other)
    row.until_day = last


def end(
    session: Session, offer_id: str, level: PriceLevel, whose: str | None, last: date, today: date
) -> list[PriceRow]:
    """Let no price of a level hold after a day: those of then end with it, later ones never begin.

    Returns those that were. Raises DayIsOver, and NoPriceToEnd if there is none.
    """
    not_over(last, today)
    found = [
        row
        for row in prices_for(session, offer_id, level, whose)
        if not as_set(row).is_never and (row.until_day is None or row.until_day > last)
    ]
    if not found:
        raise NoPriceToEnd(offer_id, level, whose, last)
    for row in found:
        row.until_day = max(last, row.from_day - _ONE_DAY)
    session.flush()
    return found
