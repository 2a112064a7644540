"""Who may hold a place beside whom (rule 22)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.offers.exclusive_conflicts import (
    EVERYWHERE,
    SEATS,
    Held,
    Holder,
    Stretch,
    Term,
    seated,
)

JANUARY = Term(date(2027, 1, 1), date(2027, 1, 31))
FEBRUARY = Term(date(2027, 2, 1), date(2027, 2, 28))
CODES = range(1, 5)
ELSEWHERE = 9
"""A place that no exclusive names: only one for everywhere holds it."""


def at(*numbers: int) -> list[Stretch]:
    return [Stretch(number, number) for number in numbers]


def place(
    held: list[Held], who: str, places: list[Stretch], days: Term, holders: int = 1
) -> tuple[str, ...]:
    """Let an exclusive hold its place if it can; the ids of those in its way."""
    wants = Holder(f"{who}-{len(held)}", who, holders)
    found = seated(wants, places, days, held)
    held += [Held(wants, piece) for piece in found.pieces]
    assert bool(found.pieces) != bool(found.rivals)
    return tuple(rival.by.partner_id for rival in found.rivals)


def test_rule_22_a_shared_place_on_a_shared_day_is_refused_with_the_rival_and_the_place() -> None:
    held: list[Held] = []
    assert place(held, "acme", at(1, 2), JANUARY) == ()
    found = seated(Holder("z", "zenith"), at(2, 3), Term(date(2027, 1, 31), date(2027, 3, 1)), held)
    (rival,) = found.rivals
    assert (rival.by.partner_id, rival.places, rival.days) == ("acme", (Stretch(2, 2),), JANUARY)
    assert not rival.is_same


def test_neither_another_place_nor_the_day_after_is_in_the_way() -> None:
    held: list[Held] = []
    assert place(held, "acme", at(1), JANUARY) == ()
    assert place(held, "zenith", at(2), JANUARY) == ()
    assert place(held, "zenith", at(1), FEBRUARY) == ()


def test_everywhere_meets_every_place_and_itself() -> None:
    held: list[Held] = []
    assert place(held, "acme", at(3), JANUARY) == ()
    assert place(held, "zenith", [EVERYWHERE], JANUARY) == ("acme",)
    assert place(held, "zenith", [EVERYWHERE], FEBRUARY) == ()
    assert place(held, "acme", at(ELSEWHERE), FEBRUARY) == ("zenith",)
    assert place(held, "acme", [EVERYWHERE], FEBRUARY) == ("zenith",)


def test_of_several_numbers_of_holders_the_smallest_counts() -> None:
    held: list[Held] = []
    assert place(held, "a", at(1), JANUARY, 3) == ()
    assert place(held, "b", at(1), JANUARY, 2) == ()
    assert place(held, "c", at(1), JANUARY, 3) == ("a", "b"), "b was promised one beside"
    assert place(held, "d", at(1), JANUARY, 1) == ("a", "b"), "d asks to be alone"


def test_the_same_partner_does_not_hold_a_place_twice() -> None:
    held: list[Held] = []
    assert place(held, "a", at(1, 2), JANUARY, 5) == ()
    found = seated(Holder("again", "a", 5), at(2), JANUARY, held)
    assert [rival.is_same for rival in found.rivals] == [True]


def test_a_seat_is_found_wherever_there_is_one_at_each_moment() -> None:
    """First come, first seated would find none: neither seat is free throughout."""
    held: list[Held] = []
    days = [Term(date(2027, 1, n), date(2027, 1, n + 4)) for n in (1, 4, 8)]
    for who, term in zip("abc", days, strict=True):
        assert place(held, who, at(1), term, 2) == ()
    assert place(held, "d", at(1), Term(date(2027, 1, 6), date(2027, 1, 7)), 2) == ()


BEGIN = date(2027, 1, 1)
TERMS = st.tuples(st.integers(0, 12), st.integers(0, 6)).map(
    lambda given: Term(BEGIN + timedelta(given[0]), BEGIN + timedelta(given[0] + given[1]))
)
PLACES = st.one_of(st.just(frozenset[int]()), st.frozensets(st.sampled_from(CODES), min_size=1))
WANTED = st.lists(
    st.tuples(st.sampled_from("abcde"), PLACES, TERMS, st.sampled_from([1, 1, 2, 3, 5])), max_size=9
)


def naive(
    kept: list[tuple[str, frozenset[int], Term, int]],
    one: tuple[str, frozenset[int], Term, int],
) -> bool:
    """Whether it may be kept: each place, day by day. No place: everywhere."""
    who, places, days, most = one
    for code in places or {*CODES, ELSEWHERE}:
        day = days.first
        while day <= days.last:
            there = [
                (partner, holders)
                for partner, codes, term, holders in kept
                if (code in codes or not codes) and term.first <= day <= term.last
            ]
            if any(partner == who for partner, _ in there):
                return False
            if there and len(there) + 1 > min(most, *(holders for _, holders in there)):
                return False
            day += timedelta(1)
    return True


@given(WANTED)
def test_rule_22_it_refuses_just_what_a_look_at_each_place_and_day_refuses(
    wanted: list[tuple[str, frozenset[int], Term, int]],
) -> None:
    kept: list[tuple[str, frozenset[int], Term, int]] = []
    held: list[Held] = []
    for who, places, days, holders in wanted:
        stretches = at(*sorted(places)) or [EVERYWHERE]
        refused = place(held, who, stretches, days, holders)
        assert naive(kept, (who, places, days, holders)) == (not refused)
        if not refused:
            kept.append((who, places, days, holders))
    assert no_two_on_a_seat(held)


def no_two_on_a_seat(held: list[Held]) -> bool:
    """What the database refuses by itself."""
    pieces = [one.piece for one in held]
    assert all(0 <= piece.seat_from <= piece.seat_until < SEATS for piece in pieces)
    return not any(
        a.places.meets(b.places)
        and a.days.meets(b.days)
        and a.seat_from <= b.seat_until
        and b.seat_from <= a.seat_until
        for number, a in enumerate(pieces)
        for b in pieces[:number]
    )
