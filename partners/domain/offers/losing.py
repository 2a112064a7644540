"""Who loses what when an exclusive begins: what a partner could order before it, and not after.

By `access`, asked twice (rules 20 and 22). Earlier orders stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from partners.domain.offers.access import Place, access
from partners.domain.offers.offer import Buyer, Claim, Offer


class Lost(NamedTuple):
    """An offer that a partner cannot order any more, in so many postal codes; None: anywhere."""

    offer_id: str
    codes: int | None


class Losing:
    """What an exclusive takes, asked of one partner after the other.

    `offers`: of its service, without its own claim.
    """

    def __init__(self, offers: Iterable[Offer], claim: Claim, day: date) -> None:
        self._day = day
        self._taken = [_Taken.of(offer, claim) for offer in offers]

    def of(self, partner: Buyer) -> tuple[Lost, ...]:
        """What it takes from a partner; nothing from the holder."""
        found = (self._lost(partner, taken) for taken in self._taken)
        return tuple(one for one in found if one is not None)

    def _lost(self, partner: Buyer, taken: _Taken) -> Lost | None:
        offer_id = taken.before.offer_id
        if taken.kinds is None:
            return Lost(offer_id, None) if self._loses(partner, taken, None) else None
        number = sum(
            number for code, number in taken.kinds if self._loses(partner, taken, frozenset({code}))
        )
        return Lost(offer_id, number) if number else None

    def _loses(self, partner: Buyer, taken: _Taken, place: Place | None) -> bool:
        if not access(partner, taken.before, place, self._day).orderable:
            return False
        return not access(partner, taken.after, place, self._day).orderable


class _Taken(NamedTuple):
    """An offer before and after, and one postal code of each kind that the exclusive covers.

    `kinds`: each with how many are of it; None: everywhere.
    """

    before: Offer
    after: Offer
    kinds: tuple[tuple[str, int], ...] | None

    @classmethod
    def of(cls, offer: Offer, claim: Claim) -> _Taken:
        codes = offer.codes if claim.codes is None else claim.codes
        kinds = None if codes is None else tuple(_alike(offer, codes))
        return cls(offer, replace(offer, claims=(*offer.claims, claim)), kinds)


def _alike(offer: Offer, codes: frozenset[str]) -> Iterator[tuple[str, int]]:
    """One postal code of each kind, and how many are of it: no rule tells those of a kind apart."""
    held = [claim.codes for claim in offer.claims if claim.codes is not None]
    kinds: Counter[tuple[bool, ...]] = Counter()
    first: dict[tuple[bool, ...], str] = {}
    for code in codes:
        kind = (offer.codes is None or code in offer.codes, *(code in one for one in held))
        kinds[kind] += 1
        first.setdefault(kind, code)
    return ((first[kind], number) for kind, number in kinds.items())
