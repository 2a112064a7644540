"""Who loses what when an exclusive begins (rule 22)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.offers.access import access
from partners.domain.offers.losing import Losing, Lost
from partners.domain.offers.offer import Buyer, Claim, Currency, Offer, OfferStatus, Visibility
from partners.domain.policy.tiers import TierKind

DAY = date(2027, 1, 1)
BERLIN = frozenset({"10115", "10117"})
OFFER = Offer("hotline-1", "hotline", OfferStatus.ACTIVE, Visibility.PUBLIC, Currency("EUR"))
ZENITH = Buyer("zenith", "preferred", TierKind.PREFERRED)
CLAIM = Claim("acme", BERLIN)


def lost(partner: Buyer, offers: list[Offer], claim: Claim, day: date) -> list[Lost]:
    return list(Losing(offers, claim, day).of(partner))


def test_others_lose_an_offer_in_so_many_places_and_the_holder_nothing() -> None:
    assert lost(ZENITH, [OFFER], CLAIM, DAY) == [Lost("hotline-1", 2)]
    assert lost(Buyer("acme"), [OFFER], CLAIM, DAY) == []


def test_whoever_could_not_order_it_anyway_loses_nothing() -> None:
    selected = replace(OFFER, visibility=Visibility.SELECTED)
    paused = replace(OFFER, status=OfferStatus.PAUSED)
    assert lost(ZENITH, [selected, paused], CLAIM, DAY) == []
    assert lost(replace(ZENITH, blocked=True), [OFFER], CLAIM, DAY) == []
    granted = replace(selected, grants=frozenset({"zenith"}))
    assert lost(ZENITH, [granted], CLAIM, DAY) == [Lost("hotline-1", 2)]


def test_only_places_count_where_the_offer_can_be_ordered_and_nobody_else_is_alone() -> None:
    held = replace(OFFER, claims=(Claim("corner", frozenset({"10117"})),))
    assert lost(ZENITH, [held], CLAIM, DAY) == [Lost("hotline-1", 1)]
    assert lost(Buyer("corner"), [held], CLAIM, DAY) == [Lost("hotline-1", 1)]
    elsewhere = replace(OFFER, codes=frozenset({"20095"}))
    assert lost(ZENITH, [elsewhere], CLAIM, DAY) == []


def test_everywhere_is_every_place_of_the_offer() -> None:
    everywhere = Claim("acme", None)
    assert lost(ZENITH, [OFFER], everywhere, DAY) == [Lost("hotline-1", None)]
    limited = replace(OFFER, codes=BERLIN)
    assert lost(ZENITH, [limited], everywhere, DAY) == [Lost("hotline-1", 2)]


CODES = [f"{code}" for code in range(6)]
SETS = st.frozensets(st.sampled_from(CODES))
WHO = st.sampled_from(["acme", "zenith", "corner"])


@given(WHO, SETS, st.none() | SETS, st.lists(st.tuples(WHO, st.none() | SETS), max_size=3))
def test_rule_22_what_is_lost_is_counted_as_each_place_by_itself_is_answered(
    who: str,
    codes: frozenset[str],
    of_offer: frozenset[str] | None,
    held: list[tuple[str, frozenset[str] | None]],
) -> None:
    offer = replace(OFFER, codes=of_offer, claims=tuple(Claim(*one) for one in held))
    claim = Claim("acme", codes)
    after = replace(offer, claims=(*offer.claims, claim))
    buyer = Buyer(who)
    taken = [
        code
        for code in codes
        if access(buyer, offer, frozenset({code}), DAY).orderable
        and not access(buyer, after, frozenset({code}), DAY).orderable
    ]
    expected = [Lost("hotline-1", len(taken))] if taken else []
    assert lost(buyer, [offer], claim, DAY) == expected
