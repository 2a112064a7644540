"""Which seller is next in line for a lead: by the policy's ways, fairly, and the same each time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from partners.domain.policy.sections.lead_routing import Way

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Seller:
    """A reseller who may have the lead, as far as that decides whose turn it is."""

    partner_id: str
    rank: int = 0  # of the tier: the higher, the better
    exclusive: bool = False  # holds the exclusive for the lead's service at its place
    near: bool = False  # was granted an offer of an area with the lead's place
    sells: bool = False  # has completed orders of the lead's service lately
    lately: int = 0  # leads that they got lately
    last: datetime | None = None  # when they got the last one; None: never


@dataclass(frozen=True)
class Choice:
    """Who is next, and by which way."""

    partner_id: str
    way: Way


def next_seller(
    sellers: Sequence[Seller], ways: Sequence[Way], had: Collection[str] = ()
) -> Choice | None:
    """Who is next in line; None: the line is at its end, and the provider's sales have the lead.

    `had`: who had it before, or must not have it; nobody is asked twice.
    """
    left = [seller for seller in sellers if seller.partner_id not in had]
    for way in ways:
        for equals in _groups(left, way):
            if equals:
                return Choice(min(equals, key=fairness).partner_id, way)
    return None


def fairness(seller: Seller) -> tuple[int, datetime, str]:
    """Among equals: who got fewest lately, then whose last one is longest ago, then by id."""
    return seller.lately, seller.last or NEVER, seller.partner_id


def _groups(sellers: Sequence[Seller], way: Way) -> Iterator[list[Seller]]:
    """The sellers whom a way names, in groups of equals, the first of them leading."""
    if way is Way.AREA:
        yield [seller for seller in sellers if seller.exclusive]
        yield [seller for seller in sellers if seller.near]
    elif way is Way.SERVICE:
        yield [seller for seller in sellers if seller.sells]
    else:
        for rank in sorted({seller.rank for seller in sellers}, reverse=True):
            yield [seller for seller in sellers if seller.rank == rank]
