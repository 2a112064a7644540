"""The life of a referral: versions in any order, duplicates, what may follow what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.referrals.referral import (
    FOLLOWS,
    REPORTED,
    Claim,
    ReferralState,
    Standing,
    Uncounted,
    Version,
    fold,
    is_void,
    owner,
    standings,
)

S = ReferralState
T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)


def at(day: int) -> datetime:
    return T0 + timedelta(days=day)


def version(day: int, state: ReferralState, amount: str | None = None) -> Version:
    bought = state in (S.CONVERTED, S.REFUNDED)
    return Version(at(day), state, Decimal(amount) if amount else None, at(day) if bought else None)


def day_of(moment: datetime) -> date:
    return moment.date()


HAPPY = [
    version(0, S.SUBMITTED),
    version(1, S.ACCEPTED),
    version(2, S.WORKING),
    version(3, S.CONVERTED, "100"),
]


def test_a_life_that_goes_well() -> None:
    known = fold(HAPPY)
    assert (known.state, known.amount, known.bought_at) == (S.CONVERTED, Decimal(100), at(3))
    assert (known.accepted_at, known.promised_at) == (at(1), at(1))


@given(st.permutations([*HAPPY, version(5, S.REFUNDED), version(7, S.CONVERTED, "80")]))
def test_the_order_of_arrival_does_not_matter(versions: list[Version]) -> None:
    known = fold(versions)
    assert (known.state, known.amount) == (S.CONVERTED, Decimal(80))


@given(st.lists(st.sampled_from(REPORTED), max_size=8), st.randoms())
def test_any_history_folds_the_same_in_any_order(
    states: list[ReferralState], random: object
) -> None:
    versions = [version(n, state, "10") for n, state in enumerate(states)]
    shuffled = list(versions)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled) == fold(versions)
    naive: ReferralState | None = None
    for state in states:
        if naive is None or state in FOLLOWS[naive]:
            naive = state
    assert fold(versions).state is naive


def test_repeating_everything_changes_nothing() -> None:
    assert fold([*HAPPY, *HAPPY]) == fold(HAPPY)


@pytest.mark.parametrize("closed", [S.LOST, S.REJECTED])
def test_a_lost_referral_is_not_converted_but_may_be_taken_up_again(closed: ReferralState) -> None:
    versions = [version(0, S.ACCEPTED), version(1, closed)]
    wrong = version(2, S.CONVERTED, "10")
    assert "cannot become converted; " in (is_void([*versions, wrong], wrong) or "")
    assert fold([*versions, wrong]).state is closed
    again = [*versions, version(2, S.ACCEPTED), version(3, S.CONVERTED, "10")]
    assert fold(again).state is S.CONVERTED


def test_a_purchase_that_becomes_known_first_was_accepted_by_then() -> None:
    late = Version(at(40), S.CONVERTED, Decimal(5), at(10))
    assert fold([late]).accepted_at == at(10)


def test_what_was_promised_survives_being_lost() -> None:
    known = fold([version(1, S.ACCEPTED), version(2, S.LOST), version(9, S.ACCEPTED)])
    assert (known.accepted_at, known.promised_at) == (at(9), at(1))


def claim(name: str, *versions: Version, partner: str = "", submitted: int = 0) -> Claim:
    return Claim(name, partner or f"partner of {name}", at(submitted), fold(versions))


def test_rule_the_first_accepted_counts_and_the_second_is_told_why() -> None:
    first = claim("a", version(1, S.ACCEPTED), submitted=0)
    second = claim("b", version(2, S.ACCEPTED), submitted=-5)
    assert owner([second, first]) is first
    assert standings([second, first], day_of) == {
        "a": Standing(S.ACCEPTED),
        "b": Uncounted.FIRST_COUNTS.standing(),
    }


def test_a_referral_counts_once_even_from_the_same_partner() -> None:
    claims = [
        claim("a", version(1, S.ACCEPTED), version(3, S.CONVERTED, "9"), partner="acme"),
        claim("b", version(2, S.CONVERTED, "9"), partner="acme"),
    ]
    assert standings(claims, day_of)["b"] == Uncounted.OWN_TWICE.standing()


def test_a_lead_is_free_again_once_the_first_referral_is_lost() -> None:
    first = claim("a", version(1, S.ACCEPTED), version(5, S.LOST))
    second = claim("b", version(2, S.ACCEPTED))
    assert standings([first, second], day_of)["b"] == Standing(S.ACCEPTED)


def test_a_lead_that_bought_before_is_a_customer() -> None:
    first = claim("a", version(1, S.ACCEPTED), version(3, S.CONVERTED, "9"))
    late = claim("b", version(8, S.SUBMITTED), submitted=8)
    standing = standings([first, late], day_of)["b"]
    assert standing == Standing(
        S.REJECTED, "the lead is a customer already, since 2026-10-04", Uncounted.CUSTOMER
    )


def test_a_purchase_in_the_very_moment_of_the_next_referral_was_not_before_it() -> None:
    first = claim("a", version(1, S.ACCEPTED), version(3, S.CONVERTED, "9"))
    second = claim("b", version(3, S.SUBMITTED), submitted=3)
    assert standings([first, second], day_of)["b"] == Uncounted.FIRST_COUNTS.standing()


@pytest.mark.parametrize("ended", [S.LOST, S.REJECTED])
def test_a_referral_that_has_ended_stays_so_whoever_comes_after_it(ended: ReferralState) -> None:
    over = claim("a", version(1, S.ACCEPTED), version(5, ended))
    over = replace(over, customer_since=at(9))
    counts = claim("b", version(6, S.ACCEPTED))
    assert standings([over, counts], day_of)["a"] == Standing(ended)


def test_whose_lead_was_a_customer_already_does_not_stand_before_others() -> None:
    """The lead bought after the one referral and before the other, which was accepted sooner."""
    late = claim("late", version(3, S.ACCEPTED), submitted=2)
    late = replace(late, customer_since=at(1))
    early = claim("early", version(4, S.ACCEPTED), submitted=0)
    assert owner([late, early]) is early
    assert standings([late, early], day_of) == {
        "late": Uncounted.CUSTOMER.standing(", since 2026-10-02"),
        "early": Standing(S.ACCEPTED),
    }


def test_of_two_amounts_said_at_the_same_moment_the_larger_holds_in_any_order() -> None:
    said = [version(3, S.CONVERTED, amount) for amount in ("80", "100", None)]
    for versions in permutations(said):
        assert fold(versions).amount == Decimal(100)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(REPORTED)), min_size=1, max_size=6))
def test_of_one_lead_at_most_one_referral_counts(lives: list[tuple[int, ReferralState]]) -> None:
    claims = [
        claim(f"r{n}", version(0, S.SUBMITTED), version(day + 1, state, "9"))
        for n, (day, state) in enumerate(lives)
    ]
    taken = [s for s in standings(claims, day_of).values() if s.state.is_accepted]
    assert len([s for s in taken if s.state is not S.LOST]) <= 1
