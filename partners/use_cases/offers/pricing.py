"""What an offer costs, for a partner, a tier or everybody: set, and ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from partners.domain.offers.offer import PriceLevel
from partners.domain.offers.offer_life import SetPrice
from partners.store.offers import price_rises
from partners.store.offers.catalogue import offer_prices
from partners.store.offers.catalogue.known_offer import living_offer
from partners.store.people.known_partner import known_partner
from partners.use_cases.acting import Admin
from partners.use_cases.copying import copied
from partners.use_cases.offers.offer_desk import at_desk
from partners.use_cases.offers.offer_pages import PriceFacts


@dataclass(frozen=True)
class PricesEnded:
    """Prices of a level after which none holds; each with its last day as it is now."""

    prices: tuple[PriceFacts, ...]


def set_price(
    by: Admin,
    offer_id: str,
    price: SetPrice,
    reason: str,
    currency: str = "",
    only_look: bool = False,
) -> PriceFacts:
    """Set a price from a day on (none: today). `currency` blank: the program's; no other will do.

    Raises a refusal that names the price with which it would overlap, or why it is none; and
    PriceRisesTooSoon where somebody would pay more before they can be told. Whoever pays more is
    told by `price_telling.tell`.
    """
    with at_desk(by, reason, only_look) as desk:
        offer = living_offer(desk.session, offer_id)
        if price.level is PriceLevel.PARTNER:
            known_partner(desk.session, price.whose or "")
        offer_prices.check(price, currency, desk.policy)
        held = offer_prices.prices_for(desk.session, offer_id, price.level, price.whose)
        in_currency = desk.policy.program.currency
        row = offer_prices.put(desk.session, offer, price, in_currency, desk.said, held)
        desk.session.flush()
        price_rises.refuse_too_soon(desk.session, [(row, row.from_day)], desk.said.at)
        return copied(PriceFacts, row)


def end_price(
    by: Admin,
    offer_id: str,
    level: PriceLevel,
    whose: str | None,
    last: date,
    reason: str,
    only_look: bool = False,
) -> PricesEnded:
    """After a day no price of this level holds: what holds then ends, what comes later never
    begins. Raises as `set_price`."""
    with at_desk(by, reason, only_look) as desk:
        living_offer(desk.session, offer_id)
        today = desk.said.today
        rows = offer_prices.end(desk.session, offer_id, level, whose, last, today)
        after = last + timedelta(days=1)
        changes = [(row, after) for row in rows if price_rises.stands(row, after)]
        price_rises.refuse_too_soon(desk.session, changes, desk.said.at)
        return PricesEnded(tuple(copied(PriceFacts, row) for row in rows))
