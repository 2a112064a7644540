"""An offer with all that decides who may have it, and at which price; a partner as it is asked for.

All of it as it was at one moment: whoever gathers it says of which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from partners.domain.policy.tiers import TierKind


class OfferStatus(StrEnum):
    DRAFT = "draft"  # staff prepare it; nobody else knows of it
    ACTIVE = "active"
    PAUSED = "paused"  # seen, and not ordered
    RETIRED = "retired"  # over, for good


class Visibility(StrEnum):
    """Who may see an offer at all."""

    PUBLIC = "public"  # every partner
    PREFERRED = "preferred"  # who is in a tier that is not public
    SELECTED = "selected"  # whoever has a grant


class PriceLevel(StrEnum):
    """For whom a price is, the closest first (rule 21)."""

    PARTNER = "partner"
    TIER = "tier"
    BASE = "base"


class Span(NamedTuple):
    """Program days from `first` through `last`; None: without a beginning, or without an end."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        return _not_after(self.first, day) and _not_after(day, self.last)

    def overlaps(self, other: Span) -> bool:
        return _not_after(self.first, other.last) and _not_after(other.first, self.last)


ALWAYS = Span()


def _not_after(first: date | None, last: date | None) -> bool:
    """Whether a beginning comes before an end, or one of the two is open."""
    return first is None or last is None or first <= last


class Currency(NamedTuple):
    """The program's, and how many decimals its amounts have."""

    code: str
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class Price:
    """What an offer costs on the days of its span: an amount, or a share off the base price.

    `discount` 0.10 is 10 % less than the base price of the same day. Exactly one of the two is
    given; a base price is an amount.
    """

    level: PriceLevel
    currency: str
    span: Span = ALWAYS
    amount: Decimal | None = None
    discount: Decimal | None = None
    partner_id: str | None = None  # level partner
    tier: str | None = None  # level tier

    @property
    def whose(self) -> tuple[PriceLevel, str | None]:
        """What a price can overlap within: a partner's, a tier's, or the base prices."""
        return self.level, self.partner_id or self.tier


class Window(NamedTuple):
    """From which day a tier sees an offer, and from which day it may order it."""

    visible_from: date
    orderable_from: date


class Claim(NamedTuple):
    """An exclusive that excludes at the moment that is asked about. `codes` None: everywhere.

    It is about a service as a whole: another offer of that service must not undercut it.
    """

    partner_id: str
    codes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer at a moment.

    `opens_on` and `closes_on`: its first and last day for everybody; tiers with early access, or a
    window of their own, come first. `codes`: the postal codes it can be ordered in; None: all.
    `grants`: who has one then. `claims`: on its service.
    """

    offer_id: str
    service: str
    status: OfferStatus
    visibility: Visibility
    currency: Currency
    opens_on: date | None = None
    closes_on: date | None = None
    codes: frozenset[str] | None = None
    prices: tuple[Price, ...] = ()
    windows: tuple[tuple[str, Window], ...] = ()  # by tier
    grants: frozenset[str] = frozenset()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Buyer:
    """A partner at a moment, as far as offers ask. What stands in the policy of their tier too.

    Grace and hold are not here: they keep the tier, its prices and its windows (rule 21).
    """

    partner_id: str
    tier: str | None = None
    tier_kind: TierKind | None = None
    blocked: bool = False
    blocked_offers: frozenset[str] = frozenset()
    discount: Decimal | None = None  # the tier's, off base prices
    early_access_days: int = 0  # the tier's

    @property
    def preferred(self) -> bool:
        return self.tier_kind is not None and self.tier_kind is not TierKind.PUBLIC
