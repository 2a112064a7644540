"""Who may see and order an offer, and at which price (rules 20 and 21)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from partners.domain.offers.access import Why, access
from partners.domain.offers.offer import (
    Buyer,
    Claim,
    Currency,
    Offer,
    OfferStatus,
    Price,
    PriceLevel,
    Span,
    Visibility,
    Window,
)
from partners.domain.policy.tiers import TierKind

TODAY = date(2030, 3, 15)
GOLD = Buyer("acme", "gold", TierKind.PREFERRED)
BRONZE = Buyer("acme", "bronze", TierKind.PUBLIC)
EUR = Currency("EUR")
BASE = Price(PriceLevel.BASE, "EUR", amount=Decimal(100))
OFFER = Offer("dsl", "internet", OfferStatus.ACTIVE, Visibility.PUBLIC, EUR, prices=(BASE,))
HERE = frozenset({"10115"})


def asked(offer: Offer, partner: Buyer = GOLD, **how: Any) -> tuple[bool, bool, list[Why]]:
    found = access(partner, offer, how.get("place"), how.get("day", TODAY))
    return found.visible, found.orderable, [reason.code for reason in found.reasons]


def test_rule_20_an_offer_is_seen_and_ordered_by_its_status() -> None:
    found = {status: asked(replace(OFFER, status=status)) for status in OfferStatus}
    assert {status: (seen, ordered) for status, (seen, ordered, _) in found.items()} == {
        OfferStatus.DRAFT: (False, False),
        OfferStatus.ACTIVE: (True, True),
        OfferStatus.PAUSED: (True, False),
        OfferStatus.RETIRED: (False, False),
    }


@pytest.mark.parametrize(
    ("visibility", "partner", "granted", "seen"),
    [
        (Visibility.PUBLIC, BRONZE, False, True),
        (Visibility.PUBLIC, Buyer("acme"), False, True),
        (Visibility.PREFERRED, BRONZE, False, False),
        (Visibility.PREFERRED, BRONZE, True, True),
        (Visibility.PREFERRED, GOLD, False, True),
        (Visibility.SELECTED, GOLD, False, False),
        (Visibility.SELECTED, BRONZE, True, True),
    ],
)
def test_rule_20_hidden_is_the_default(
    visibility: Visibility, partner: Buyer, granted: bool, seen: bool
) -> None:
    grants = frozenset({"acme"} if granted else {"beta"})
    visible, orderable, _ = asked(replace(OFFER, visibility=visibility, grants=grants), partner)
    assert (visible, orderable) == (seen, seen)


def test_rule_20_blocked_partners_and_blocked_offers_are_shut() -> None:
    assert asked(OFFER, replace(GOLD, blocked=True))[:2] == (False, False)
    assert asked(OFFER, replace(GOLD, blocked_offers=frozenset({"dsl"})))[:2] == (False, False)
    assert asked(OFFER, replace(GOLD, blocked_offers=frozenset({"tv"})))[:2] == (True, True)


@pytest.mark.parametrize(
    ("codes", "holder", "place", "orderable", "why"),
    [
        (None, "beta", HERE, False, Why.HELD_BY_ANOTHER),
        (None, "beta", None, False, Why.HELD_BY_ANOTHER),
        (HERE, "beta", HERE, False, Why.HELD_BY_ANOTHER),
        (HERE, "beta", frozenset({"10115", "20095"}), False, Why.HELD_BY_ANOTHER),
        (HERE, "beta", frozenset({"20095"}), True, Why.PUBLIC),
        (HERE, "beta", None, True, Why.HELD_BY_ANOTHER_ELSEWHERE),
        (HERE, "acme", HERE, True, Why.HOLDS_EXCLUSIVE),
        (None, "acme", None, True, Why.HOLDS_EXCLUSIVE),
    ],
)
def test_rule_22_somebody_elses_exclusive_keeps_from_ordering(
    codes: frozenset[str] | None,
    holder: str,
    place: frozenset[str] | None,
    orderable: bool,
    why: Why,
) -> None:
    offer = replace(OFFER, claims=(Claim(holder, codes),))
    visible, may, reasons = asked(offer, place=place)
    assert (visible, may, reasons[0]) == (True, orderable, why)


def test_among_several_holders_each_may_sell() -> None:
    offer = replace(OFFER, claims=(Claim("beta", HERE), Claim("acme", HERE)))
    assert asked(offer, place=HERE)[:2] == (True, True)


def test_an_offer_of_an_area_is_ordered_there_alone() -> None:
    offer = replace(OFFER, codes=HERE)
    assert asked(offer, place=HERE)[:2] == (True, True)
    assert asked(offer, place=HERE | {"20095"})[:2] == (True, False)
    assert asked(offer)[:2] == (True, True)


@pytest.mark.parametrize(
    ("day", "partner", "seen", "ordered"),
    [
        (date(2030, 3, 17), GOLD, False, False),
        (date(2030, 3, 18), GOLD, True, True),  # 14 days before the opening
        (date(2030, 3, 31), BRONZE, False, False),
        (date(2030, 4, 1), BRONZE, True, True),
        (date(2030, 4, 30), BRONZE, True, True),
        (date(2030, 5, 1), BRONZE, False, False),
    ],
)
def test_early_access_counts_back_from_the_opening(
    day: date, partner: Buyer, seen: bool, ordered: bool
) -> None:
    early = replace(partner, early_access_days=14 if partner is GOLD else 0)
    offer = replace(OFFER, opens_on=date(2030, 4, 1), closes_on=date(2030, 4, 30))
    assert asked(offer, early, day=day)[:2] == (seen, ordered)


def test_a_window_of_its_own_goes_before_the_tiers_early_access() -> None:
    window = Window(date(2030, 3, 1), date(2030, 3, 20))
    offer = replace(OFFER, opens_on=date(2030, 4, 1), windows=(("gold", window),))
    early = replace(GOLD, early_access_days=30)
    assert asked(offer, early, day=date(2030, 2, 28))[:2] == (False, False)
    assert asked(offer, early, day=date(2030, 3, 1))[:2] == (True, False)
    assert asked(offer, early, day=date(2030, 3, 20))[:2] == (True, True)


def price(**how: Any) -> tuple[Decimal | None, PriceLevel | None, Why]:
    partner, extra = how.get("partner", GOLD), how.get("prices", ())
    offer = replace(OFFER, prices=(*how.get("base", (BASE,)), *extra))
    found = access(partner, offer, None, TODAY)
    return found.price, found.price_level, found.reasons[-1].code


OWN = Price(PriceLevel.PARTNER, "EUR", amount=Decimal("70.005"), partner_id="acme")
TIERS = Price(PriceLevel.TIER, "EUR", discount=Decimal("0.2"), tier="gold")


def test_rule_21_a_partners_price_goes_before_the_tiers_and_that_before_the_base() -> None:
    tens = replace(GOLD, discount=Decimal("0.10"))
    assert price(partner=tens, prices=(TIERS, OWN)) == (
        Decimal("70.01"),
        PriceLevel.PARTNER,
        Why.PARTNER_PRICE,
    )
    assert price(partner=tens, prices=(TIERS,)) == (80, PriceLevel.TIER, Why.TIER_PRICE)
    assert price(partner=tens) == (90, PriceLevel.TIER, Why.TIER_DISCOUNT)
    assert price() == (100, PriceLevel.BASE, Why.BASE_PRICE)


def test_rule_21_prices_of_others_of_other_days_and_other_currencies_do_not_count() -> None:
    others = (
        replace(OWN, partner_id="beta"),
        replace(TIERS, tier="silver"),
        replace(OWN, currency="USD"),
        replace(OWN, span=Span(None, date(2030, 3, 14))),
        replace(OWN, span=Span(date(2030, 3, 16))),
    )
    assert price(prices=others) == (100, PriceLevel.BASE, Why.BASE_PRICE)
    held = (replace(OWN, span=Span(TODAY, TODAY)),)
    assert price(prices=held)[1] is PriceLevel.PARTNER


def test_a_share_off_a_base_price_that_is_not_set_is_no_price() -> None:
    tens = replace(GOLD, discount=Decimal("0.10"))
    assert price(partner=tens, base=(), prices=(TIERS,)) == (None, None, Why.NO_PRICE)


def test_what_is_hidden_says_no_price() -> None:
    found = access(GOLD, replace(OFFER, status=OfferStatus.DRAFT), None, TODAY)
    assert (found.price, found.currency, found.price_level) == (None, None, None)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (Span(), Span(), True),
        (Span(date(2030, 1, 1), date(2030, 1, 31)), Span(date(2030, 1, 31)), True),
        (Span(date(2030, 1, 1), date(2030, 1, 31)), Span(date(2030, 2, 1)), False),
        (Span(None, date(2030, 1, 1)), Span(None, date(2020, 1, 1)), True),
        (Span(date(2030, 1, 1)), Span(None, date(2029, 12, 31)), False),
    ],
)
def test_spans_overlap_where_they_share_a_day(one: Span, other: Span, overlap: bool) -> None:
    assert one.overlaps(other) is other.overlaps(one) is overlap
