"""Why something about offers is refused."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class OfferExists(Refusal):
    """A new offer has the id of another."""

    says = "there is an offer {offer_id} already"

    offer_id: str


@dataclass(eq=False)
class UnfitOfferId(Refusal):
    """An offer cannot have this id."""

    says = (
        "offer_id is not 1 to 64 letters, digits, points, dashes or underscores, the first of them "
        "a letter or a digit: {offer_id!r}"
    )

    offer_id: str


@dataclass(eq=False)
class NoService(Refusal):
    """A new offer is of no service."""

    says = "service is blank, and the new offer {offer_id} needs one"

    offer_id: str


@dataclass(eq=False)
class OfferIsRetired(Refusal):
    """What is retired stays so, and nothing about it is changed."""

    says = "the offer {offer_id} is retired, for good"

    offer_id: str


@dataclass(eq=False)
class OfferStandsOtherwise(Refusal):
    """From how an offer stands, no step leads where somebody wants it."""

    says = "the offer {offer_id} is {status}, so it cannot become {wanted}"

    offer_id: str
    status: str
    wanted: str


_LACKS = {
    "name": "a name",
    "base_price": "a base price, for its discounts to come off",
    "open_days": "a last day that is not over",
}


@dataclass(eq=False)
class OfferNotReady(Refusal):
    """Partners may not see an offer yet, for it lacks something."""

    offer_id: str
    lacks: tuple[str, ...]

    def __str__(self) -> str:
        needs = " and ".join(_LACKS.get(lack, lack) for lack in self.lacks)
        return f"the offer {self.offer_id} needs {needs} before it can be active"


@dataclass(eq=False)
class ExclusiveRunsOnOffer(Refusal):
    """Somebody was promised the sole right to it."""

    offer_id: str
    exclusive_ids: tuple[str, ...]

    def __str__(self) -> str:
        ids = ", ".join(self.exclusive_ids)
        return f"an exclusive runs on the offer {self.offer_id}: {ids}; end it first"


@dataclass(eq=False)
class TierNotInPolicy(Refusal):
    """The policy in force has no such tier."""

    tier: str
    tiers: tuple[str, ...]

    def __str__(self) -> str:
        return f"unknown tier {self.tier!r}; those of the policy are {', '.join(self.tiers)}"


@dataclass(eq=False)
class OpenedAlready(Refusal):
    """The first day of an offer is not moved once it has come."""

    says = (
        "the offer {offer_id} is open since {since}, and that is not changed afterwards; pause it, "
        "or set its last day"
    )

    offer_id: str
    since: str


@dataclass(eq=False)
class NoWindow(Refusal):
    """The offer has no window of this tier."""

    says = "the offer {offer_id} has no window of tier {tier}"

    offer_id: str
    tier: str


@dataclass(eq=False)
class NothingChanges(Refusal):
    """All that was given is so already."""

    says = "the offer {offer_id} is so already"

    offer_id: str


@dataclass(eq=False)
class NotBlockedAs(Refusal):
    """No block in force has these words of an offer."""

    says = "no block in force is of an offer written {words!r}"

    words: str
