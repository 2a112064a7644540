"""What counts as the sale of a lead, and what it says of the referral."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from partners.domain.referrals.lead import (
    Credited,
    CustomerOrder,
    LeadState,
    Sale,
    SellerStanding,
    Stand,
    Turn,
    follow_up,
    sale,
    why_no_leads,
)
from partners.domain.referrals.referral import ReferralState as S
from partners.domain.referrals.referral import Version

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = Turn(1, "ben", NOW - 10 * DAY, NOW - 5 * DAY)
SECOND = Turn(2, "cleo", NOW - 5 * DAY)
TIERS = ("gold",)


def order(
    partner_id: str, days: float, order_id: str = "o1", status: str = "completed"
) -> CustomerOrder:
    """An order placed so many days before NOW."""
    return CustomerOrder(order_id, partner_id, NOW - days * DAY, status, Decimal(100))


def bought(amount: int = 100, order_id: str = "o1") -> Sale:
    return Sale(1, order_id, NOW - DAY, Decimal(amount))


def credited(amount: int = 100, taken_back: bool = False) -> Credited:
    return Credited("o1", NOW - DAY, Decimal(amount), taken_back)


def standing(state: S, amount: int | None = None) -> Stand:
    if amount is None:
        return Stand(state)
    return Stand(state, NOW - DAY, Decimal(amount))


# ---- the sale ----


def test_an_order_in_its_seller_s_own_turn_is_the_sale() -> None:
    assert sale([FIRST, SECOND], [order("cleo", 2)]) == Sale(2, "o1", NOW - 2 * DAY, Decimal(100))


def test_orders_before_the_turn_after_it_or_of_others_are_none() -> None:
    others = [order("ben", 11), order("ben", 5), order("cleo", 6), order("dora", 2)]
    assert sale([FIRST, SECOND], others) is None


@pytest.mark.parametrize("status", ["placed", "rejected", "cancelled", "failed"])
def test_an_order_that_is_not_accepted_or_completed_is_none(status: str) -> None:
    assert sale([SECOND], [order("cleo", 2, status=status)]) is None


def test_an_order_that_becomes_known_late_counts_for_who_had_the_lead_then() -> None:
    found = sale([FIRST, SECOND], [order("ben", 7, "late"), order("cleo", 2)])
    assert found is not None
    assert (found.turn, found.order_id) == (1, "late")


def test_the_order_that_was_credited_stays_so_while_it_counts() -> None:
    orders = [order("ben", 7, "late"), order("cleo", 2)]
    assert sale([FIRST, SECOND], orders, kept="o1") == Sale(2, "o1", NOW - 2 * DAY, Decimal(100))
    assert sale([FIRST, SECOND], orders[:1], kept="o1") is not None


# ---- what it says of the referral ----


@pytest.mark.parametrize("state", [S.ACCEPTED, S.WORKING])
def test_a_sale_converts_a_referral_that_is_open(state: S) -> None:
    version = follow_up(Stand(state), None, bought(), NOW)
    assert version == Version(NOW, S.CONVERTED, Decimal(100), NOW - DAY)


@pytest.mark.parametrize("state", [S.SUBMITTED, S.LOST, S.REJECTED, S.DUPLICATE])
def test_a_sale_says_nothing_of_one_that_is_not(state: S) -> None:
    assert follow_up(Stand(state), None, bought(), NOW) is None


def test_said_twice_it_is_nothing_new() -> None:
    assert follow_up(standing(S.CONVERTED, 100), credited(), bought(), NOW) is None


def test_a_corrected_order_corrects_the_purchase() -> None:
    version = follow_up(standing(S.CONVERTED, 100), credited(), bought(80), NOW)
    assert version == Version(NOW, S.CONVERTED, Decimal(80), NOW - DAY)


def test_an_order_that_counts_no_more_takes_it_back_and_one_that_does_again_brings_it() -> None:
    version = follow_up(standing(S.CONVERTED, 100), credited(), None, NOW)
    assert version == Version(NOW, S.REFUNDED, closed_at=NOW)
    back = credited(taken_back=True)
    assert follow_up(standing(S.REFUNDED, 100), back, None, NOW) is None
    again = follow_up(standing(S.REFUNDED, 100), back, bought(), NOW)
    assert again == Version(NOW, S.CONVERTED, Decimal(100), NOW - DAY)


def test_what_a_person_or_a_feed_reported_no_order_changes() -> None:
    theirs = standing(S.CONVERTED, 500)
    for found in (None, bought(), bought(80)):
        assert follow_up(theirs, None, found, NOW) is None
        assert follow_up(theirs, credited(), found, NOW) is None
        assert follow_up(theirs, credited(taken_back=True), found, NOW) is None


def test_what_a_person_took_back_stays_so() -> None:
    assert follow_up(standing(S.REFUNDED, 100), credited(), bought(), NOW) is None
    assert follow_up(Stand(S.WORKING), credited(), bought(), NOW) is None


def test_an_order_without_a_value_is_for_a_person() -> None:
    unknown = Sale(1, "o1", NOW - DAY, None)
    assert follow_up(Stand(S.WORKING), None, unknown, NOW) is None


# ---- who gets leads ----


@pytest.mark.parametrize(
    ("standing_of", "why"),
    [
        (SellerStanding("gold"), None),
        (SellerStanding("gold", blocked=True), "blocked"),
        (SellerStanding(None), "in no tier"),
        (SellerStanding("gold", demoted=True), "demoted to gold"),
        (SellerStanding("public"), "leads do not go to public"),
    ],
)
def test_blocked_out_and_demoted_resellers_get_none(
    standing_of: SellerStanding, why: str | None
) -> None:
    assert why_no_leads(standing_of, TIERS) == why


def test_a_lead_is_open_until_it_is_won_or_closed() -> None:
    assert [state for state in LeadState if not state.is_open] == [LeadState.WON, LeadState.CLOSED]
