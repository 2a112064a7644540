"""What a change opens and closes for a partner: two lists of answers, held against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from partners.domain.offers.access import Access


class Repriced(NamedTuple):
    """An offer that can be had before and after, at another price."""

    before: Access
    after: Access


@dataclass(frozen=True, slots=True)
class Opening:
    """What changes, each in the order of the offers' ids.

    `opens`: seen or ordered now, and not before. `closes`: seen or ordered before, and not now;
    the answer is the one before, for what is hidden now says nothing (rule 20).
    """

    opens: tuple[Access, ...] = ()
    repriced: tuple[Repriced, ...] = ()
    closes: tuple[Access, ...] = ()

    @property
    def offer_ids(self) -> frozenset[str]:
        answers = (*self.opens, *(both.after for both in self.repriced), *self.closes)
        return frozenset(answer.offer_id for answer in answers)

    def __bool__(self) -> bool:
        return bool(self.opens or self.repriced or self.closes)


def opening(before: Iterable[Access], after: Iterable[Access]) -> Opening:
    """What differs between two lists of answers to one partner, of one place and day.

    An offer that is missing from a list is hidden there, as is one that the answer calls so. One
    that is seen before and after, and ordered only once, opens or closes all the same.
    """
    left, entered = _seen(before), _seen(after)
    both = [(left[name], entered[name]) for name in sorted(left.keys() & entered.keys())]
    new = [entered[name] for name in entered.keys() - left.keys()]
    gone = [left[name] for name in left.keys() - entered.keys()]
    new += [now for was, now in both if now.orderable and not was.orderable]
    gone += [was for was, now in both if was.orderable and not now.orderable]
    same = [Repriced(*pair) for pair in both if pair[0].orderable == pair[1].orderable]
    return Opening(
        tuple(sorted(new, key=_by_id)),
        tuple(pair for pair in same if _price(pair.before) != _price(pair.after)),
        tuple(sorted(gone, key=_by_id)),
    )


def _seen(answers: Iterable[Access]) -> Mapping[str, Access]:
    return {answer.offer_id: answer for answer in answers if answer.visible}


def _price(answer: Access) -> object:
    return answer.price, answer.currency


def _by_id(answer: Access) -> str:
    return answer.offer_id
