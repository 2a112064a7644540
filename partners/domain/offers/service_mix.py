"""Which services a partner prefers: their orders of some months by service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from partners.domain.time.calendar import Month


class ServiceSum(NamedTuple):
    """Orders of one service: placed in the months, and completed in them with what they were worth.

    `service` None: of offers of which nobody knows the service.
    """

    service: str | None
    placed: int
    completed: int
    value_cents: int


@dataclass(frozen=True, slots=True)
class ServiceShare:
    """A service's part of a partner's orders. `share`: from 0 to 1, of the placed ones that name a
    service. `value`: of the completed ones that state it."""

    service: str
    placed: int
    completed: int
    value: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True)
class ServiceMix:
    """The services of a partner's orders, the most ordered first, and what that rests on.

    Of `placed` orders from `first` through `last`, `unnamed` say neither their service nor an offer
    whose service is known; the shares are of the others.
    """

    first: Month
    last: Month
    placed: int
    unnamed: int
    shares: tuple[ServiceShare, ...]


def mix(first: Month, last: Month, placed: int, sums: Iterable[ServiceSum]) -> ServiceMix:
    """The mix of the months `first` through `last`, in which `placed` orders were placed in all."""
    named = [one for one in sums if one.service is not None]
    of = sum(one.placed for one in named)
    shares = [
        ServiceShare(
            one.service or "",
            one.placed,
            one.completed,
            Decimal(one.value_cents) / 100,
            Decimal(one.placed) / of if of else Decimal(0),
        )
        for one in named
    ]
    shares.sort(key=lambda share: (-share.placed, -share.completed, share.service))
    return ServiceMix(first, last, placed, placed - of, tuple(shares))
