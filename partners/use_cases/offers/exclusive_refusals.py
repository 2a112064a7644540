"""Why an exclusive is not proposed, signed, renewed or ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from partners.domain.number_words import number_of
from partners.errors import Refusal
from partners.store.offers.holding.exclusive_places import SharedWith

_NAMED = 3


@dataclass(eq=False)
class TermSwapped(Refusal):
    """The last day comes before the first."""

    says = "the first day, {first_day}, is after the last, {last_day}; swap them"

    first_day: date
    last_day: date


@dataclass(eq=False)
class TermOver(Refusal):
    """The last day has passed."""

    says = "the last day, {last_day}, has passed; name one from {today} on"

    last_day: date
    today: date


@dataclass(eq=False)
class TermBegan(Refusal):
    """The first day has passed: an exclusive takes nothing from anybody after the fact."""

    says = "the first day, {first_day}, has passed; name one from {today} on"

    first_day: date
    today: date


@dataclass(eq=False)
class TermTooLong(Refusal):
    """The last day is so far ahead that nobody would see it."""

    says = "the last day, {last_day}, is too far ahead; the furthest is {latest}"

    last_day: date
    latest: date


@dataclass(eq=False)
class UnfitTerm(Refusal):
    """A number of the terms is out of its range. `term`: which."""

    says = "{term} is {given}; it goes from {least} to {most}"

    term: str
    given: Decimal
    least: Decimal
    most: Decimal


@dataclass(eq=False)
class NoOfferOfService(Refusal):
    """No offer is of this service, so that there is nothing to be exclusive."""

    service: str
    services: tuple[str, ...] = ()  # a few that offers are of

    def __str__(self) -> str:
        some = f"; offers are of {', '.join(self.services)}" if self.services else ""
        return f"no offer is of the service {self.service!r}{some}"


@dataclass(eq=False)
class OfferOfAnotherService(Refusal):
    """An exclusive grants an offer of its own service."""

    says = "offer {offer_id!r} is of the service {of_service!r}, the exclusive of {service!r}"

    offer_id: str
    of_service: str
    service: str


@dataclass(eq=False)
class OfferIsOver(Refusal):
    """A retired offer cannot be granted."""

    says = "offer {offer_id!r} is retired"

    offer_id: str


@dataclass(eq=False)
class NoSuchTier(Refusal):
    """The tier that is asked of the holder is none of the policy's, or not any more."""

    tier: str
    tiers: tuple[str, ...]

    def __str__(self) -> str:
        return f"the policy has no tier {self.tier!r}; its tiers are {', '.join(self.tiers)}"


@dataclass(eq=False)
class TierTooLow(Refusal):
    """The holder is not in the tier that is asked for, nor above it."""

    partner_id: str
    in_tier: str | None
    required: str

    def __str__(self) -> str:
        return f"{self.partner_id} is in {self.in_tier or 'no tier'}, and {self.required} is asked"


@dataclass(eq=False)
class MinimumUncovered(Refusal):
    """The feed does not cover what the minimum would have been held against by now (rule 3)."""

    says = (
        "the feed does not cover {first_day} to {last_day}, the newest period that such a minimum "
        "would be held against: it could not be judged"
    )

    first_day: date
    last_day: date


@dataclass(eq=False)
class EmptyArea(Refusal):
    """An area without a postal code: there is nothing to be exclusive."""

    says = "area {area_code!r} has no postal code"

    area_code: str


@dataclass(eq=False)
class ExclusivesOverlap(Refusal):
    """Rule 22: other partners hold the place on some of these days."""

    service: str
    partner_ids: tuple[str, ...]
    exclusive_ids: tuple[str, ...]
    postal_codes: tuple[str, ...]  # the first few of those that are shared
    places: int | None  # how many are; None: everywhere
    until: date  # the last day on which one of them holds it

    def __str__(self) -> str:
        who = ", ".join(self.partner_ids)
        ids = ", ".join(self.exclusive_ids)
        shared = _where(self.postal_codes, self.places)
        return f"{who} {'hold' if len(self.partner_ids) > 1 else 'holds'} {self.service} " + (
            f"{shared} on some of these days, until {self.until} ({ids})"
        )


@dataclass(eq=False)
class HeldAlready(Refusal):
    """Rule 22: the partner holds the place already on some of these days."""

    partner_id: str
    service: str
    exclusive_id: str
    postal_codes: tuple[str, ...]  # the first few of those that are shared
    places: int | None  # how many are; None: everywhere
    until: date

    def __str__(self) -> str:
        shared = _where(self.postal_codes, self.places)
        return (
            f"{self.partner_id} holds {self.service} {shared} already, until {self.until} "
            f"({self.exclusive_id})"
        )


def overlap(service: str, rivals: Sequence[SharedWith]) -> Refusal:
    """The refusal that fits: the partner's own exclusive goes first."""
    for one in rivals:
        if one.is_same:
            first, places = _shared([one])
            return HeldAlready(
                one.partner_id, service, one.exclusive_id, first, places, one.last_day
            )
    first, places = _shared(rivals)
    return ExclusivesOverlap(
        service,
        tuple(dict.fromkeys(one.partner_id for one in rivals)),
        tuple(one.exclusive_id for one in rivals),
        first,
        places,
        max(one.last_day for one in rivals),
    )


def _shared(rivals: Sequence[SharedWith]) -> tuple[tuple[str, ...], int | None]:
    """The first few postal codes, and how many there are in all."""
    if any(one.codes is None for one in rivals):
        return (), None
    codes = sorted({code for one in rivals for code in one.codes or ()})
    return tuple(codes[:_NAMED]), len(codes)


def _where(codes: tuple[str, ...], places: int | None) -> str:
    """`in 10115, 10117, 10119 and 4 more postal codes`, `everywhere`."""
    if places is None:
        return "everywhere"
    more = places - len(codes)
    rest = f" and {number_of(more, 'more postal code')}" if more > 0 else ""
    return f"in {', '.join(codes)}{rest}"


@dataclass(eq=False)
class NoProposal(Refusal):
    """Only a proposal is signed or withdrawn."""

    says = "{exclusive_id} is {status}, and no proposal any more"

    exclusive_id: str
    status: str


@dataclass(eq=False)
class NotInForce(Refusal):
    """Only what was signed and is not over can be ended."""

    says = "{exclusive_id} is {status}; there is nothing to end"

    exclusive_id: str
    status: str


@dataclass(eq=False)
class NeverSigned(Refusal):
    """Only what was signed once can be renewed."""

    says = "{exclusive_id} is {status}; only an exclusive that was signed can be renewed"

    exclusive_id: str
    status: str


@dataclass(eq=False)
class RenewedAlready(Refusal):
    """There is one that follows it."""

    says = "{exclusive_id} is renewed by {by} already"

    exclusive_id: str
    by: str


@dataclass(eq=False)
class ExclusiveChanged(Refusal):
    """It stands otherwise than it was shown (rule 17)."""

    says = "{exclusive_id} has changed meanwhile; look at it again"

    exclusive_id: str
