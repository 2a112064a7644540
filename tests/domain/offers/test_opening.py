"""What a change opens and closes: two lists of answers, held against each other."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from partners.domain.offers.access import Access, Reason, Why
from partners.domain.offers.opening import Opening, Repriced, opening


def an_answer(
    offer_id: str, price: str | None = "10", *, visible: bool = True, orderable: bool = True
) -> Access:
    amount = None if price is None else Decimal(price)
    return Access("acme", offer_id, visible, orderable and visible, (), amount, "EUR")


def test_what_is_seen_only_afterwards_opens_and_what_was_seen_only_before_closes() -> None:
    kept, gone, new = an_answer("b"), an_answer("a"), an_answer("c")
    assert opening([gone, kept], [kept, new]) == Opening(opens=(new,), closes=(gone,))


def test_another_price_of_what_stays_is_told_with_both() -> None:
    before, after = an_answer("a", "10"), an_answer("a", "9")
    assert opening([before], [after]) == Opening(repriced=(Repriced(before, after),))
    request = an_answer("a", None)
    assert opening([before], [request]).repriced == (Repriced(before, request),)


def test_nothing_changes_where_all_is_as_it_was() -> None:
    same = [an_answer("a"), an_answer("b", None)]
    found = opening(same, same)
    assert not found
    assert found.offer_ids == frozenset()


def test_other_reasons_alone_change_nothing() -> None:
    before, after = (an_answer("a")._replace(reasons=(Reason(w),)) for w in (Why.PUBLIC, Why.DRAFT))
    assert not opening([before], [after])


def test_what_is_seen_and_only_now_can_be_ordered_opens_and_the_other_way_round() -> None:
    seen, ordered = an_answer("a", orderable=False), an_answer("a", "9")
    assert opening([seen], [ordered]) == Opening(opens=(ordered,))
    assert opening([ordered], [seen]) == Opening(closes=(ordered,))


def test_rule_20_what_is_hidden_is_as_what_is_not_there() -> None:
    hidden, seen = an_answer("a", visible=False), an_answer("a")
    assert not opening([hidden], [hidden])
    assert not opening([hidden], [])
    assert opening([hidden], [seen]) == opening([], [seen]) == Opening(opens=(seen,))
    assert opening([seen], [hidden]) == opening([seen], []) == Opening(closes=(seen,))


@pytest.mark.parametrize("seed", range(50))
def test_every_offer_is_told_at_most_once_and_the_way_back_tells_the_opposite(seed: int) -> None:
    random = Random(seed)

    def answers() -> list[Access]:
        return [
            an_answer(name, random.choice(["9", "10", None]), orderable=random.random() < 0.7)
            for name in "abcdefgh"
            if random.random() < 0.7
        ]

    before, after = answers(), answers()
    there, back = opening(before, after), opening(after, before)
    named = [one.offer_id for one in (*there.opens, *there.closes)]
    named += [one.after.offer_id for one in there.repriced]
    assert sorted(named) == sorted(set(named))
    assert frozenset(named) == there.offer_ids == back.offer_ids
    assert {o.offer_id for o in there.opens} == {o.offer_id for o in back.closes}
    assert [Repriced(*reversed(pair)) for pair in there.repriced] == list(back.repriced)
    for part in (there.opens, there.closes):
        assert [one.offer_id for one in part] == sorted(one.offer_id for one in part)
