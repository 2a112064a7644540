"""The life of a lead: who works it, for how long it waits for an answer, what counts as its sale.

A lead is with one seller at a time; each time is a *turn*. What decides is the state, never the
order in which news arrives (rule 17): an order placed in somebody's turn is their sale, however
late it becomes known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from partners.domain.referrals.referral import ReferralState, Version


class LeadState(StrEnum):
    """Where a lead stands."""

    OFFERED = "offered"  # to a reseller, who has not answered
    TAKEN = "taken"  # by a reseller
    SALES = "sales"  # with the provider's own sales team
    WON = "won"  # it led to a purchase
    CLOSED = "closed"  # nothing to work any more: rejected, lost, a duplicate, refunded

    @property
    def is_open(self) -> bool:
        """Whether somebody works it, or is asked to."""
        return self in (self.OFFERED, self.TAKEN, self.SALES)


class TurnEnd(StrEnum):
    """How a turn ended."""

    DECLINED = "declined"  # the seller does not want it
    PASSED = "passed"  # unanswered for `untouched_days`
    UNREACHABLE = "unreachable"  # the message could not be delivered
    WITHDRAWN = "withdrawn"  # the seller was blocked, left or was demoted
    MOVED = "moved"  # a person gave the lead to somebody else
    WON = "won"
    CLOSED = "closed"


ASSIGNABLE = frozenset({ReferralState.ACCEPTED, ReferralState.WORKING})
"""Referrals whose lead may be handed to somebody."""


@dataclass(frozen=True)
class SellerStanding:
    """What decides whether a reseller may have leads."""

    tier: str | None
    blocked: bool = False
    demoted: bool = False  # to a lower tier, or out: since they got the lead, or lately


def why_no_leads(standing: SellerStanding, tiers: Sequence[str]) -> str | None:
    """Why a reseller gets no lead, and keeps none; None if nothing speaks against it.

    `tiers`: those whose partners get leads.
    """
    if standing.blocked:
        return "blocked"
    if standing.tier is None:
        return "in no tier"
    if standing.demoted:
        return f"demoted to {standing.tier}"
    return None if standing.tier in tiers else f"leads do not go to {standing.tier}"


# ---- a sale ----

COUNTS = ("accepted", "completed")
"""Orders of these statuses are a purchase; one that is only placed may yet be rejected."""


@dataclass(frozen=True)
class CustomerOrder:
    """An order of a lead's customer; `amount` None: the feed does not say."""

    order_id: str
    partner_id: str
    placed_at: datetime
    status: str
    amount: Decimal | None


@dataclass(frozen=True)
class Turn:
    """A seller's time with a lead; `until` None: it lasts, or ended with their own sale."""

    number: int
    partner_id: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Sale:
    """The purchase that an order is, and in whose turn it was placed."""

    turn: int
    order_id: str
    bought_at: datetime
    amount: Decimal | None


def sale(turns: Iterable[Turn], orders: Iterable[CustomerOrder], kept: str = "") -> Sale | None:
    """The first order that a seller placed with the lead's customer in their own turn.

    `kept`: the order that was credited before; as long as it counts, no other takes its place.
    """
    theirs = list(turns)
    found = [
        Sale(turn.number, order.order_id, order.placed_at, order.amount)
        for order in orders
        if order.status in COUNTS
        for turn in theirs
        if _within(turn, order)
    ]
    return min(
        found, key=lambda s: (s.order_id != kept, s.bought_at, s.order_id, s.turn), default=None
    )


def _within(turn: Turn, order: CustomerOrder) -> bool:
    ended = turn.until is not None and order.placed_at >= turn.until
    return order.partner_id == turn.partner_id and turn.since <= order.placed_at and not ended


@dataclass(frozen=True)
class Credited:
    """The purchase that an order made of the referral, when it was last looked at."""

    order_id: str
    bought_at: datetime
    amount: Decimal
    taken_back: bool = False


@dataclass(frozen=True)
class Stand:
    """How the referral stands, as reports have it."""

    state: ReferralState
    bought_at: datetime | None = None
    amount: Decimal | None = None


def follow_up(
    stand: Stand, credited: Credited | None, found: Sale | None, now: datetime
) -> Version | None:
    """What an order, or its loss, says of the referral; None: nothing new.

    A purchase that a person or a feed reported is theirs, and no order changes it; what they took
    back after an order had made it a purchase stays taken back. Of the same lead there is so one
    success, whoever says it first.
    """
    ours = credited is not None and (stand.bought_at, stand.amount) == (
        credited.bought_at,
        credited.amount,
    )
    if stand.state is ReferralState.CONVERTED:
        if not ours or (credited is not None and credited.taken_back):
            return None
        if found is None:
            return Version(now, ReferralState.REFUNDED, closed_at=now)
        return None if _same(credited, found) else _bought(found, now)
    if found is None or found.amount is None:
        return None
    if stand.state is ReferralState.REFUNDED:
        return _bought(found, now) if ours and credited and credited.taken_back else None
    if stand.state not in ASSIGNABLE or _same(credited, found):
        return None
    return _bought(found, now)


def _same(credited: Credited | None, found: Sale) -> bool:
    return credited is not None and (credited.bought_at, credited.amount) == (
        found.bought_at,
        found.amount,
    )


def _bought(found: Sale, now: datetime) -> Version | None:
    if found.amount is None:
        return None
    return Version(now, ReferralState.CONVERTED, found.amount, found.bought_at)
