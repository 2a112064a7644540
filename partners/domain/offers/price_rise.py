"""A price that rises for somebody from a day on: told ahead, as stricter standards are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from partners.domain.offers.access import Access


@dataclass(frozen=True, slots=True)
class Rise:
    """What a partner pays for an offer on the day before, and from the day on."""

    before: Decimal
    after: Decimal
    currency: str


def rise(now: Access, eve: Access, day: Access) -> Rise | None:
    """Whether an offer gets dearer for a partner from one day to the next; None: it does not.

    `now` is the answer of today: who does not see the offer yet is not told of it (rule 20). A
    price that is on request on one of the two days is no price to compare with.
    """
    if not (now.visible and eve.visible and day.visible) or eve.currency != day.currency:
        return None
    if eve.price is None or day.price is None or day.currency is None or day.price <= eve.price:
        return None
    return Rise(eve.price, day.price, day.currency)


def earliest(today: date, notice_days: int) -> date:
    """The first day from which a price may be dearer for somebody."""
    return today + timedelta(days=notice_days)
