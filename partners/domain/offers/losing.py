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


def lost(partner: Buyer, offers: Iterable[Offer], claim: Claim, day: date) -> list[Lost]:
    """What an exclusive takes from a partner. `offers`: of its service, without its own claim."""
    return [one for offer in offers if (one := _lost(partner, offer, claim, day)) is not None]


def _lost(partner: Buyer, offer: Offer, claim: Claim, day: date) -> Lost | None:
    after = replace(offer, claims=(*offer.claims, claim))

    def loses(place: Place | None) -> bool:
        if not access(partner, offer, place, day).orderable:
            return False
        return not access(partner, after, place, day).orderable

    codes = offer.codes if claim.codes is None else claim.codes
    if codes is None:
        return Lost(offer.offer_id, None) if loses(None) else None
    taken = sum(number for code, number in _alike(offer, codes) if loses(frozenset({code})))
    return Lost(offer.offer_id, taken) if taken else None


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
