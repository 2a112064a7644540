"""Who is next in line for a lead: the ways in their order, fairly, and never twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.policy.sections.lead_routing import Way
from partners.domain.referrals.routing import Choice, Seller, fairness, next_seller

DAY = datetime(2026, 11, 2, tzinfo=UTC)
WAYS = tuple(Way)

sellers_of_any_kind = st.lists(
    st.builds(
        Seller,
        partner_id=st.sampled_from("abcdefgh"),
        rank=st.integers(0, 2),
        exclusive=st.booleans(),
        near=st.booleans(),
        sells=st.booleans(),
        lately=st.integers(0, 2),
        last=st.none() | st.integers(0, 3).map(lambda days: DAY + timedelta(days=days)),
    ),
    unique_by=lambda seller: seller.partner_id,
)


def line(sellers: list[Seller], ways: tuple[Way, ...]) -> list[Choice]:
    """Everybody, in the order in which they are asked."""
    had: list[str] = []
    asked = []
    while choice := next_seller(sellers, ways, had):
        had.append(choice.partner_id)
        asked.append(choice)
    return asked


def test_the_holder_of_the_area_s_exclusive_is_first_then_who_has_an_offer_there() -> None:
    sellers = [Seller("top", rank=2), Seller("near", near=True), Seller("holder", exclusive=True)]
    assert line(sellers, WAYS) == [
        Choice("holder", Way.AREA),
        Choice("near", Way.AREA),
        Choice("top", Way.TIER),
    ]


def test_who_sells_the_service_comes_before_a_higher_tier() -> None:
    sellers = [Seller("top", rank=2), Seller("sells", sells=True)]
    assert next_seller(sellers, WAYS) == Choice("sells", Way.SERVICE)


def test_the_policy_s_order_of_ways_is_kept() -> None:
    sellers = [Seller("top", rank=2), Seller("holder", exclusive=True)]
    assert next_seller(sellers, (Way.TIER, Way.AREA)) == Choice("top", Way.TIER)


def test_a_way_that_is_not_named_leads_to_nobody() -> None:
    assert next_seller([Seller("top", rank=2)], (Way.AREA, Way.SERVICE)) is None
    assert next_seller([Seller("top", rank=2)], ()) is None


def test_among_equals_fewest_lately_then_the_oldest_then_the_id() -> None:
    a, b = Seller("a", lately=2, last=DAY), Seller("b", lately=1, last=DAY + timedelta(days=3))
    c, d = Seller("c", lately=1, last=DAY), Seller("d", lately=0, last=DAY)
    never, also = Seller("e"), Seller("f")
    asked = [choice.partner_id for choice in line([a, b, c, d, also, never], (Way.TIER,))]
    assert asked == ["e", "f", "d", "c", "b", "a"]


@given(sellers_of_any_kind, st.permutations(WAYS), st.randoms())
def test_the_line_is_the_same_however_sellers_are_listed(sellers, ways, shuffler) -> None:  # type: ignore[no-untyped-def]
    asked = line(sellers, tuple(ways))
    shuffled = list(sellers)
    shuffler.shuffle(shuffled)
    assert line(shuffled, tuple(ways)) == asked


@given(sellers_of_any_kind, st.permutations(WAYS))
def test_everybody_is_asked_once_and_within_a_group_in_the_order_of_fairness(sellers, ways) -> None:  # type: ignore[no-untyped-def]
    asked = line(sellers, tuple(ways))
    names = [choice.partner_id for choice in asked]
    assert sorted(names) == sorted(seller.partner_id for seller in sellers)
    by_id = {seller.partner_id: seller for seller in sellers}
    for first, second in pairwise(asked):
        one, other = by_id[first.partner_id], by_id[second.partner_id]
        alike = (one.exclusive, one.near, one.sells, one.rank) == (
            other.exclusive,
            other.near,
            other.sells,
            other.rank,
        )
        if alike and first.way == second.way:
            assert fairness(one) <= fairness(other)


@given(sellers_of_any_kind, st.permutations(WAYS))
def test_one_way_after_the_other_finds_whom_all_of_them_find(sellers, ways) -> None:  # type: ignore[no-untyped-def]
    one_by_one = (next_seller(sellers, (way,)) for way in ways)
    assert next(filter(None, one_by_one), None) == next_seller(sellers, tuple(ways))
