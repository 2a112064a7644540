"""How an offer comes to stand, which prices collide, and what is no price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from partners.domain.offers.offer import OfferStatus, PriceLevel, Span
from partners.domain.offers.offer_life import LEADS_TO, Lack, SetPrice, lacks, why_no_price

TODAY = date(2026, 11, 2)
MARCH = Span(date(2027, 3, 1), date(2027, 3, 31))
APRIL = Span(date(2027, 4, 1), None)


def price(
    level: PriceLevel = PriceLevel.BASE,
    whose: str | None = None,
    span: Span = MARCH,
    amount: str | None = "90",
    discount: str | None = None,
) -> SetPrice:
    off = Decimal(discount) if discount else None
    return SetPrice(level, whose, span, Decimal(amount) if amount else None, off)


def test_what_is_retired_stays_so_and_nothing_becomes_a_draft_again() -> None:
    assert LEADS_TO.keys() == set(OfferStatus)
    assert LEADS_TO[OfferStatus.RETIRED] == ()
    assert not any(OfferStatus.DRAFT in steps for steps in LEADS_TO.values())
    assert OfferStatus.PAUSED not in LEADS_TO[OfferStatus.DRAFT]


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        (price(), price(), True),
        (price(), price(span=APRIL), False),
        (price(span=APRIL), price(span=Span(None, date(2027, 4, 1))), True),
        (price(), price(PriceLevel.TIER, "gold"), False),
        (price(PriceLevel.TIER, "gold"), price(PriceLevel.TIER, "silver"), False),
        (price(PriceLevel.TIER, "gold"), price(PriceLevel.TIER, "gold", discount="0.1"), True),
        (price(), price(span=Span(date(2027, 3, 9), date(2027, 3, 8))), False),
    ],
)
def test_rule_21_prices_of_one_level_collide_where_they_share_a_day(
    one: SetPrice, other: SetPrice, collide: bool
) -> None:
    assert one.collides_with(other) is other.collides_with(one) is collide


def test_an_offer_is_ready_with_a_name_an_open_day_and_a_base_for_its_discounts() -> None:
    off = price(PriceLevel.TIER, "gold", amount=None, discount="0.1")
    taken_back = price(span=Span(date(2027, 3, 9), date(2027, 3, 8)))

    assert list(lacks("Hosting", None, [], TODAY)) == []
    assert list(lacks("Hosting", TODAY, [off, price()], TODAY)) == []
    assert list(lacks(" ", date(2026, 11, 1), [off, taken_back], TODAY)) == list(Lack)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (price(amount=None), "an amount or a discount: give one of the two"),
        (price(discount="0.1"), "an amount or a discount: give one of the two"),
        (price(amount=None, discount="0.1"), "a base price is an amount"),
        (price(PriceLevel.TIER, "gold", amount=None, discount="10"), "10 is no discount"),
        (price(amount="-1"), "-1 is less than nothing"),
        (price(amount="9.999"), "9.999 has more decimals than the currency, which has 2"),
    ],
)
def test_what_is_no_price_is_said(wrong: SetPrice, why: str) -> None:
    assert why in str(why_no_price(wrong, 2))


def test_round_amounts_have_no_decimals() -> None:
    assert why_no_price(price(amount="1E+3"), 0) is why_no_price(price(amount="90.00"), 0) is None
