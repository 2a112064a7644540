"""Why a partner sees an offer, may order it, or pays so much: for people who read it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from partners.domain.number_words import number_of
from partners.domain.offers.access import FORBIDS, Access, Reason, Why

WORDS = {
    Why.DRAFT: "a draft",
    Why.RETIRED: "retired",
    Why.CLOSED: "closed: its last day was {last_day}",
    Why.PAUSED: "paused",
    Why.PARTNER_BLOCKED: "the partner is blocked",
    Why.OFFER_BLOCKED: "blocked for this partner",
    Why.HELD_BY_ANOTHER: "another partner has an exclusive here",
    Why.HELD_BY_ANOTHER_ELSEWHERE: "not in {postal_codes}, which another partner holds",
    Why.HOLDS_EXCLUSIVE: "holds the exclusive",
    Why.PUBLIC: "public",
    Why.NOT_PREFERRED: "for preferred tiers alone",
    Why.PREFERRED: "a preferred tier",
    Why.NOT_GRANTED: "for selected partners alone, without a grant",
    Why.GRANTED: "granted",
    Why.OUTSIDE_AREA: "not offered here",
    Why.NOT_VISIBLE_YET: "to be seen from {from}",
    Why.NOT_ORDERABLE_YET: "to be ordered from {from}",
    Why.EARLY_ACCESS: "early access, before it opens on {opens_on}",
    Why.PARTNER_PRICE: "the partner's price",
    Why.TIER_PRICE: "the tier's price",
    Why.TIER_DISCOUNT: "the tier's discount of {discount}",
    Why.BASE_PRICE: "the base price",
    Why.NO_PRICE: "no price is set",
}


def worded(reason: Reason) -> str:
    facts: dict[str, Any] = dict(reason.facts)
    if "postal_codes" in facts:
        facts["postal_codes"] = number_of(facts["postal_codes"], "postal code")
    if "discount" in facts:
        facts["discount"] = f"{facts['discount'] * 100:f}".rstrip("0").rstrip(".") + " %"
    return WORDS[reason.code].format(**facts)


def in_the_way(answer: Access) -> str:
    """What keeps from ordering, if anything does."""
    return "; ".join(worded(reason) for reason in answer.reasons if reason.code in FORBIDS)


def as_json(answer: Access) -> dict[str, Any]:
    """An answer as programs read it: amounts as text, days as YYYY-MM-DD."""
    return {
        "partner_id": answer.partner_id,
        "offer_id": answer.offer_id,
        "visible": answer.visible,
        "orderable": answer.orderable,
        "price": None if answer.price is None else str(answer.price),
        "currency": answer.currency,
        "price_level": answer.price_level,
        "reasons": [
            {"code": reason.code, **{name: _plain(fact) for name, fact in reason.facts.items()}}
            for reason in answer.reasons
        ],
    }


def _plain(fact: Any) -> Any:
    return str(fact) if isinstance(fact, date | Decimal) else fact
