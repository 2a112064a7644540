"""Why a price, a grant or the days of one are refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners.domain.offers.offer import PriceLevel, Span
from partners.errors import Refusal


def days_of(first: date | None, last: date | None) -> str:
    """`from 2026-12-01`, `from 2026-12-01 to 2027-01-31`."""
    begins = f"from {first}" if first else "from ever"
    return f"{begins} to {last}" if last else f"{begins} on"


@dataclass(eq=False)
class DaysOutOfOrder(Refusal):
    """The last day comes before the first."""

    says = "the last day, {last}, comes before the first, {first}"

    first: date
    last: date


@dataclass(eq=False)
class DayIsOver(Refusal):
    """What held on days that are over is not changed afterwards."""

    says = "{day} is over, and what held then is not changed; name a day from {today} on"

    day: date
    today: date


@dataclass(eq=False)
class OtherCurrency(Refusal):
    """Prices are in the program's currency, and never converted."""

    says = "{currency} is not the program's currency, which is {programs}"

    currency: str
    programs: str


@dataclass(eq=False)
class UnfitPrice(Refusal):
    """What is given is no price."""

    says = "{why}"

    why: str


@dataclass(eq=False)
class PriceOverlaps(Refusal):
    """Another price of the same level holds on one of the days (rule 21)."""

    offer_id: str
    level: str
    whose: str | None
    price: str  # as it is shown: `90 EUR`, `10 % off`
    first: date
    last: date | None

    def __str__(self) -> str:
        days = days_of(self.first, self.last)
        return (
            f"a {priced_for(self.level, self.whose)} of {self.offer_id} stands, {self.price} "
            f"{days}; end it before the new one begins"
        )


def priced_for(level: str, whose: str | None) -> str:
    """`base price`, `price for tier gold`, `price for acme`."""
    if level == PriceLevel.BASE:
        return "base price"
    return f"price for tier {whose}" if level == PriceLevel.TIER else f"price for {whose}"


@dataclass(eq=False)
class NoPriceToEnd(Refusal):
    """After this day no such price holds anyway."""

    offer_id: str
    level: str
    whose: str | None
    after: date

    def __str__(self) -> str:
        what = priced_for(self.level, self.whose)
        return f"no {what} of {self.offer_id} holds after {self.after}, so none is ended"


@dataclass(eq=False)
class GrantOverlaps(Refusal):
    """The partner has a grant of the offer on one of the days."""

    offer_id: str
    partner_id: str
    first: date
    last: date | None

    def __str__(self) -> str:
        days = days_of(self.first, self.last)
        return f"{self.partner_id} has a grant of {self.offer_id} already, {days}"


@dataclass(eq=False)
class GranteeIsBlocked(Refusal):
    """A blocked partner is granted nothing, nor an offer that is blocked for them."""

    partner_id: str
    offer_id: str
    only_this: bool = False  # only this offer is blocked

    def __str__(self) -> str:
        what = f"{self.offer_id} is blocked for them" if self.only_this else "blocked"
        return f"{self.partner_id} cannot be granted {self.offer_id}: {what}"


@dataclass(eq=False)
class NoGrant(Refusal):
    """There is nothing to revoke."""

    says = "{partner_id} has no grant of {offer_id}"

    offer_id: str
    partner_id: str


@dataclass(eq=False)
class GrantOfExclusive(Refusal):
    """A grant stays as long as the exclusive that it came with runs."""

    says = (
        "the grant of {offer_id} to {partner_id} came with the exclusive {exclusive_id}, which "
        "runs; end that first"
    )

    offer_id: str
    partner_id: str
    exclusive_id: str


def in_order(first: date | None, last: date | None) -> Span:
    """The days. Raises DaysOutOfOrder."""
    if first is not None and last is not None and last < first:
        raise DaysOutOfOrder(first, last)
    return Span(first, last)


def not_over(day: date | None, today: date) -> None:
    """Raises DayIsOver for a day before today."""
    if day is not None and day < today:
        raise DayIsOver(day, today)
