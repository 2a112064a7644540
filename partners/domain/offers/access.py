"""Whether a partner may see or order an offer, and at what price: asked here, and only here.

Rules 20 and 21. Lists, lookups, search, counts, mails and exports agree with `access`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from partners.domain.offers.offer import (
    Buyer,
    Claim,
    Currency,
    Offer,
    OfferStatus,
    Price,
    PriceLevel,
    Visibility,
    Window,
)

Place = frozenset[str]
"""The postal codes of a place: one, or those of an area."""


class Why(StrEnum):
    """The reasons of an answer. What hides, what keeps from ordering, what opens, what it costs."""

    DRAFT = "draft"  # hides
    RETIRED = "retired"  # hides
    CLOSED = "closed"  # hides: its last day is over
    PAUSED = "paused"
    PARTNER_BLOCKED = "partner_blocked"  # hides
    OFFER_BLOCKED = "offer_blocked"  # hides: a person blocked it for this partner
    HELD_BY_ANOTHER = "held_by_another"  # an exclusive of another partner
    HELD_BY_ANOTHER_ELSEWHERE = "held_by_another_elsewhere"  # so in some places; none was named
    HOLDS_EXCLUSIVE = "holds_exclusive"
    PUBLIC = "public"
    NOT_PREFERRED = "not_preferred"  # hides
    PREFERRED = "preferred"
    NOT_GRANTED = "not_granted"  # hides
    GRANTED = "granted"
    OUTSIDE_AREA = "outside_area"
    NOT_VISIBLE_YET = "not_visible_yet"  # hides
    NOT_ORDERABLE_YET = "not_orderable_yet"
    EARLY_ACCESS = "early_access"
    PARTNER_PRICE = "partner_price"
    TIER_PRICE = "tier_price"
    TIER_DISCOUNT = "tier_discount"
    BASE_PRICE = "base_price"
    NO_PRICE = "no_price"


HIDES = frozenset(
    {
        *(Why.DRAFT, Why.RETIRED, Why.CLOSED, Why.PARTNER_BLOCKED, Why.OFFER_BLOCKED),
        *(Why.NOT_PREFERRED, Why.NOT_GRANTED, Why.NOT_VISIBLE_YET),
    }
)
"""With any of these an offer cannot be told from one that does not exist (rule 20)."""
FORBIDS = HIDES | {Why.PAUSED, Why.HELD_BY_ANOTHER, Why.OUTSIDE_AREA, Why.NOT_ORDERABLE_YET}
"""With any of these it cannot be ordered."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with what it rests on: days, a number of postal codes, a discount."""

    code: Why
    facts: dict[str, Any] = field(default_factory=dict)


class Priced(NamedTuple):
    """A price as it is paid: in the currency's decimals, rounded half up."""

    amount: Decimal
    level: PriceLevel


class Access(NamedTuple):
    """The answer. `price` None: none is set, so it is on request; and whenever it is hidden."""

    partner_id: str
    offer_id: str
    visible: bool
    orderable: bool
    reasons: tuple[Reason, ...]
    price: Decimal | None = None
    currency: str | None = None
    price_level: PriceLevel | None = None


def access(partner: Buyer, offer: Offer, place: Place | None, day: date) -> Access:
    """Whether a partner may see and order an offer at a place on a program day, and at what price.

    `partner` and `offer` are as they are at the instant that is asked about, `day` is that
    instant's. `place` None: no place is named; then only what holds everywhere forbids. The
    reasons come in the order of the rules: status, blocks, exclusives, visibility or grant, area,
    window, price.
    """
    reasons = [*_of_status(offer, day), *_of_partner(partner, offer)]
    reasons += _of_claims(partner, offer.claims, place)
    reasons += [_of_visibility(partner, offer), *_of_area(offer, place)]
    reasons += _of_window(partner, offer, day)
    codes = {reason.code for reason in reasons}
    visible = not codes & HIDES
    priced, why = price_of(partner, offer, day)
    if not visible or priced is None:
        given = (*reasons, why) if visible else tuple(reasons)
        return Access(partner.partner_id, offer.offer_id, visible, not codes & FORBIDS, given)
    return Access(
        partner.partner_id,
        offer.offer_id,
        visible,
        not codes & FORBIDS,
        (*reasons, why),
        priced.amount,
        offer.currency.code,
        priced.level,
    )


def _of_status(offer: Offer, day: date) -> Iterator[Reason]:
    if offer.status is OfferStatus.DRAFT:
        yield Reason(Why.DRAFT)
    elif offer.status is OfferStatus.RETIRED:
        yield Reason(Why.RETIRED)
    elif offer.status is OfferStatus.PAUSED:
        yield Reason(Why.PAUSED)
    if offer.closes_on is not None and day > offer.closes_on:
        yield Reason(Why.CLOSED, {"last_day": offer.closes_on})


def _of_partner(partner: Buyer, offer: Offer) -> Iterator[Reason]:
    if partner.blocked:
        yield Reason(Why.PARTNER_BLOCKED)
    if offer.offer_id in partner.blocked_offers:
        yield Reason(Why.OFFER_BLOCKED)


def _of_claims(partner: Buyer, claims: Iterable[Claim], place: Place | None) -> Iterator[Reason]:
    others = [claim for claim in claims if claim.partner_id != partner.partner_id]
    own = [claim for claim in claims if claim.partner_id == partner.partner_id]
    if any(_covers(claim, place) for claim in own):
        yield Reason(Why.HOLDS_EXCLUSIVE)
        return  # among several holders each may sell
    if any(claim.codes is None for claim in others):
        yield Reason(Why.HELD_BY_ANOTHER)
        return
    held = frozenset[str]().union(*(claim.codes or () for claim in others))
    if place is None:
        if held:
            yield Reason(Why.HELD_BY_ANOTHER_ELSEWHERE, {"postal_codes": len(held)})
    elif shared := len(held & place):
        yield Reason(Why.HELD_BY_ANOTHER, {"postal_codes": shared, "of": len(place)})


def _covers(claim: Claim, place: Place | None) -> bool:
    """Whether an exclusive holds in the whole of a place; everywhere, where none is named."""
    return claim.codes is None or (place is not None and place <= claim.codes)


def _of_visibility(partner: Buyer, offer: Offer) -> Reason:
    if offer.visibility is Visibility.PUBLIC:
        return Reason(Why.PUBLIC)
    if partner.partner_id in offer.grants:
        return Reason(Why.GRANTED)
    if offer.visibility is Visibility.PREFERRED:
        return Reason(Why.PREFERRED if partner.preferred else Why.NOT_PREFERRED)
    return Reason(Why.NOT_GRANTED)


def _of_area(offer: Offer, place: Place | None) -> Iterator[Reason]:
    if offer.codes is not None and place is not None and not place <= offer.codes:
        yield Reason(Why.OUTSIDE_AREA, {"postal_codes": len(place - offer.codes), "of": len(place)})


def window_of(partner: Buyer, offer: Offer) -> Window | None:
    """From when a partner sees and orders an offer; None: since ever.

    The tier's own window, else its days of early access before the offer opens for everybody.
    """
    for tier, window in offer.windows:
        if tier == partner.tier:
            return window
    if offer.opens_on is None:
        return None
    opens = offer.opens_on - timedelta(days=partner.early_access_days)
    return Window(opens, opens)


def _of_window(partner: Buyer, offer: Offer, day: date) -> Iterator[Reason]:
    window = window_of(partner, offer)
    if window is None:
        return
    if day < window.visible_from:
        yield Reason(Why.NOT_VISIBLE_YET, {"from": window.visible_from})
    elif day < window.orderable_from:
        yield Reason(Why.NOT_ORDERABLE_YET, {"from": window.orderable_from})
    elif offer.opens_on is not None and day < offer.opens_on:
        yield Reason(Why.EARLY_ACCESS, {"opens_on": offer.opens_on})


def price_of(partner: Buyer, offer: Offer, day: date) -> tuple[Priced | None, Reason]:
    """What an offer costs a partner on a day: their own price, else their tier's, else the base.

    A tier's price is one that is set for the offer, else the tier's discount in the policy. A
    share off the base price is nothing where no base price holds that day.
    """
    valid = [p for p in offer.prices if p.currency == offer.currency.code and p.span.holds(day)]
    base = next((p.amount for p in valid if p.level is PriceLevel.BASE), None)
    for price in _own_first(partner, valid):
        amount = price.amount if price.discount is None else _less(base, price.discount)
        if amount is not None:
            facts = {} if price.discount is None else {"discount": price.discount}
            why = Reason(_PRICED[price.level], facts)
            return Priced(rounded(amount, offer.currency), price.level), why
    if base is None:
        return None, Reason(Why.NO_PRICE)
    if partner.discount:
        amount = rounded(base * (1 - partner.discount), offer.currency)
        why = Reason(Why.TIER_DISCOUNT, {"discount": partner.discount})
        return Priced(amount, PriceLevel.TIER), why
    return Priced(rounded(base, offer.currency), PriceLevel.BASE), Reason(Why.BASE_PRICE)


_PRICED = {PriceLevel.PARTNER: Why.PARTNER_PRICE, PriceLevel.TIER: Why.TIER_PRICE}


def _own_first(partner: Buyer, prices: Iterable[Price]) -> list[Price]:
    """The partner's own price, then that of their tier."""
    own = [p for p in prices if p.whose == (PriceLevel.PARTNER, partner.partner_id)]
    tiers = [p for p in prices if partner.tier and p.whose == (PriceLevel.TIER, partner.tier)]
    return own + tiers


def _less(base: Decimal | None, discount: Decimal) -> Decimal | None:
    return None if base is None else base * (1 - discount)


def rounded(amount: Decimal, currency: Currency) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-currency.decimals), ROUND_HALF_UP)
