"""How an offer comes to stand, and what about it may still be changed: pure functions.

draft → active ↔ paused → retired. A draft may be retired, too; what is retired stays so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from partners.domain.offers.offer import OfferStatus, PriceLevel, Span

LEADS_TO = {
    OfferStatus.DRAFT: (OfferStatus.ACTIVE, OfferStatus.RETIRED),
    OfferStatus.ACTIVE: (OfferStatus.PAUSED, OfferStatus.RETIRED),
    OfferStatus.PAUSED: (OfferStatus.ACTIVE, OfferStatus.RETIRED),
    OfferStatus.RETIRED: (),
}


class Lack(StrEnum):
    """What an offer needs before partners may see it."""

    NAME = "name"  # mails and lists would show nothing
    BASE_PRICE = "base_price"  # discounts are set, and there is nothing that they come off
    OPEN_DAYS = "open_days"  # its last day is over


@dataclass(frozen=True, slots=True)
class SetPrice:
    """A price as it is set: whose it is, how much, and on which days."""

    level: PriceLevel
    whose: str | None  # the partner or the tier; None: base prices
    span: Span
    amount: Decimal | None = None
    discount: Decimal | None = None

    @property
    def is_never(self) -> bool:
        """Whether it was taken back before it began."""
        first, last = self.span
        return first is not None and last is not None and last < first

    def collides_with(self, other: SetPrice) -> bool:
        """Whether both would hold on a day for the same (rule 21)."""
        if (self.level, self.whose) != (other.level, other.whose):
            return False
        return not (self.is_never or other.is_never) and self.span.overlaps(other.span)


def lacks(
    name: str, closes_on: date | None, prices: Iterable[SetPrice], today: date
) -> Iterator[Lack]:
    """What an offer still needs before it can be activated."""
    held = [price for price in prices if not price.is_never]
    if not name.strip():
        yield Lack.NAME
    has_base = any(price.level is PriceLevel.BASE for price in held)
    if any(price.discount is not None for price in held) and not has_base:
        yield Lack.BASE_PRICE
    if closes_on is not None and closes_on < today:
        yield Lack.OPEN_DAYS


def why_no_price(price: SetPrice, decimals: int) -> str | None:
    """Why a price is none; `decimals`: how many amounts of the currency have."""
    if (price.amount is None) == (price.discount is None):
        return "a price is an amount or a discount: give one of the two"
    if price.level is PriceLevel.BASE and price.amount is None:
        return "a base price is an amount: a discount comes off it"
    if price.discount is not None and not 0 < price.discount < 1:
        return f"{price.discount:f} is no discount: write one above 0 and below 1 (10 % is 0.10)"
    if price.amount is None:
        return None
    if price.amount < 0:
        return f"{price.amount:f} is less than nothing"
    if -int(price.amount.normalize().as_tuple().exponent) > decimals:
        return f"{price.amount:f} has more decimals than the currency, which has {decimals}"
    return None
