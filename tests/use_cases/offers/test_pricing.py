"""Prices: set, ended, and refused where two would hold on one day (rule 21)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from partners.domain.offers.offer import PriceLevel, Span, Visibility
from partners.domain.offers.offer_life import SetPrice
from partners.errors import Refusal
from partners.store.engine.database import Database
from partners.use_cases.acting import Admin
from partners.use_cases.offers import offer_acts, offer_pages, price_telling, pricing
from tests.use_cases.offers.conftest import WHY, broken

TODAY = date(2026, 11, 2)
BASE, TIER, PARTNER = PriceLevel.BASE, PriceLevel.TIER, PriceLevel.PARTNER


def price(
    amount: str | None = "90",
    level: PriceLevel = BASE,
    whose: str | None = None,
    first: date | None = None,
    last: date | None = None,
    discount: str | None = None,
) -> SetPrice:
    off = Decimal(discount) if discount else None
    return SetPrice(level, whose, Span(first, last), Decimal(amount) if amount else None, off)


def prices(admin: Admin) -> list[tuple[str, str | None, date, date | None]]:
    found = [*offer_pages.list_prices(admin, "hosting")][::-1]
    return [(p.level, p.partner_id or p.tier, p.from_day, p.until_day) for p in found]


def test_a_price_holds_from_today_unless_another_day_is_named(admin: Admin) -> None:
    pricing.set_price(admin, "hosting", price(), WHY)
    off = price(None, TIER, "preferred", discount="0.1")
    pricing.set_price(admin, "hosting", off, WHY, "EUR")
    pricing.set_price(admin, "hosting", price("80", PARTNER, "acme", date(2027, 1, 1)), WHY)

    assert prices(admin) == [
        ("base", None, TODAY, None),
        ("tier", "preferred", TODAY, None),
        ("partner", "acme", date(2027, 1, 1), None),
    ]
    page = offer_pages.show_offer(admin, "hosting")
    assert ([p.level for p in page.prices], page.own_prices) == ([BASE, TIER], 1)
    assert {p.currency for p in page.prices} == {"EUR"}


def test_rule_21_a_second_price_of_a_level_is_refused_and_names_the_first(
    admin: Admin, database: Database
) -> None:
    pricing.set_price(admin, "hosting", price(last=date(2027, 1, 31)), WHY)

    with pytest.raises(Refusal) as refused:
        pricing.set_price(admin, "hosting", price("80", first=date(2027, 1, 31)), WHY)

    assert refused.value.code == "price_overlaps"
    assert "a base price of hosting stands, 90 EUR from 2026-11-02 to 2027-01-31" in str(
        refused.value
    )
    assert len(prices(admin)) == 1
    pricing.set_price(admin, "hosting", price("80", first=date(2027, 2, 1)), WHY)
    assert len(prices(admin)) == 2


def test_a_price_is_ended_and_what_would_come_later_never_begins(
    admin: Admin, database: Database
) -> None:
    pricing.set_price(admin, "hosting", price(last=date(2027, 1, 31)), WHY)
    pricing.set_price(admin, "hosting", price("80", first=date(2027, 3, 1)), WHY)

    ended = pricing.end_price(admin, "hosting", BASE, None, date(2026, 12, 31), WHY)

    assert [p.until_day for p in ended.prices] == [date(2026, 12, 31), date(2027, 2, 28)]
    pricing.set_price(admin, "hosting", price("70", first=date(2027, 1, 1)), WHY)
    with pytest.raises(Refusal, match="no price for acme of hosting holds after"):
        pricing.end_price(admin, "hosting", PARTNER, "acme", TODAY, WHY)
    assert broken(database) is None


@pytest.mark.parametrize(
    ("wrong", "currency", "code"),
    [
        (price(), "USD", "other_currency"),
        (price("90", TIER, "gold"), "", "tier_not_in_policy"),
        (price("90", PARTNER, "acne"), "", "unknown_partner"),
        (price("90.001"), "", "unfit_price"),
        (price(None), "", "unfit_price"),
        (price(first=date(2027, 1, 2), last=date(2027, 1, 1)), "", "days_out_of_order"),
        (price(first=date(2026, 11, 1)), "", "day_is_over"),
    ],
)
def test_what_is_no_price_is_refused_and_nothing_is_set(
    admin: Admin, wrong: SetPrice, currency: str, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        pricing.set_price(admin, "hosting", wrong, WHY, currency)
    assert refused.value.code == code
    assert prices(admin) == []


def test_discounts_wait_for_a_base_price_before_the_offer_is_active(admin: Admin) -> None:
    off = price(None, TIER, "preferred", discount="0.1")
    pricing.set_price(admin, "hosting", off, WHY)

    with pytest.raises(Refusal, match="needs a base price, for its discounts to come off"):
        offer_acts.activate(admin, "hosting", WHY)
    pricing.set_price(admin, "hosting", price(), WHY)
    offer_acts.activate(admin, "hosting", WHY)


def test_rule_21_of_many_who_set_a_price_at_once_one_does(admin: Admin) -> None:
    def one(number: int) -> str:
        try:
            pricing.set_price(admin, "hosting", price(str(80 + number)), WHY)
        except Refusal as refusal:
            return refusal.code
        return "set"

    with ThreadPoolExecutor(8) as pool:
        came_to = list(pool.map(one, range(16)))

    assert sorted(came_to) == ["price_overlaps"] * 15 + ["set"]
    assert len(prices(admin)) == 1


def live(admin: Admin) -> None:
    """`hosting` costs 90, and everybody sees it."""
    pricing.set_price(admin, "hosting", price(), WHY)
    offer_acts.change(admin, "hosting", {"visibility": Visibility.PUBLIC}, WHY)
    offer_acts.activate(admin, "hosting", WHY)


def test_rule_21_nobody_pays_more_before_they_can_be_told(admin: Admin, database: Database) -> None:
    live(admin)
    pricing.end_price(admin, "hosting", BASE, None, date(2026, 11, 30), WHY)
    before = prices(admin)
    with pytest.raises(Refusal) as refused:
        pricing.set_price(admin, "hosting", price("100", first=date(2026, 12, 1)), WHY)
    assert refused.value.code == "price_rises_too_soon"
    assert "from 2026-12-02 on it may" in str(refused.value)
    assert prices(admin) == before

    pricing.set_price(admin, "hosting", price("80", first=date(2026, 12, 1)), WHY)
    assert broken(database) is None


def test_rule_21_the_end_of_an_own_price_waits_as_a_dearer_one_does(admin: Admin) -> None:
    live(admin)
    pricing.set_price(admin, "hosting", price("75", PARTNER, "acme"), WHY)
    with pytest.raises(Refusal, match="hosting would get dearer on 2026-12-01"):
        pricing.end_price(admin, "hosting", PARTNER, "acme", date(2026, 11, 30), WHY)
    pricing.end_price(admin, "hosting", PARTNER, "acme", date(2026, 12, 1), WHY)


async def test_partners_are_told_of_each_price_that_rises(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[int, date]] = []

    async def start(_client: object, price_id: int, day: date) -> None:
        started.append((price_id, day))

    async def connect() -> object:
        return object()

    monkeypatch.setattr("partners.temporal.price_tellers.start", start)
    admin = Admin(replace(admin.program, connect=connect), admin.name, admin.face)
    live(admin)
    assert (await price_telling.tell(admin, "hosting")).number == 0
    pricing.end_price(admin, "hosting", BASE, None, date(2026, 12, 31), WHY)
    assert (await price_telling.tell(admin, "hosting")).number == 0  # on request from then on
    pricing.set_price(admin, "hosting", price("100", first=date(2027, 1, 1)), WHY)
    assert (await price_telling.tell(admin, "hosting")).number == 2
    assert started == [(1, date(2027, 1, 1)), (2, date(2027, 1, 1))]
