"""The life of a referral: what is known of it, in the order in which it became known.

A referral is the fold of its versions, sorted by `known_at`; the order in which they arrive does
not matter. A version that cannot follow the one before it (the conversion of a lost referral) is
void. Which of several referrals of one lead counts follows from all of them: see `owner`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class ReferralState(StrEnum):
    """Where a referral stands, in the order of a life that goes well, then the other ends."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    WORKING = "working"
    CONVERTED = "converted"  # it led to a purchase
    REFUNDED = "refunded"
    LOST = "lost"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"  # never reported: it follows from another referral of the lead

    @property
    def is_accepted(self) -> bool:
        """Whether the program took the referral up."""
        return self in _TAKEN_UP


S = ReferralState
_TAKEN_UP = frozenset({S.ACCEPTED, S.WORKING, S.CONVERTED, S.REFUNDED, S.LOST})
REPORTED = tuple(state for state in S if state is not S.DUPLICATE)
CLOSED = frozenset({S.CONVERTED, S.REFUNDED, S.LOST})
"""States that carry the day on which they were reached."""

FOLLOWS: dict[ReferralState, frozenset[ReferralState]] = {
    S.SUBMITTED: frozenset(REPORTED) - {S.REFUNDED},
    S.ACCEPTED: frozenset(REPORTED) - {S.SUBMITTED, S.REFUNDED},
    S.WORKING: frozenset(REPORTED) - {S.SUBMITTED, S.REFUNDED},
    S.CONVERTED: frozenset(REPORTED) - {S.SUBMITTED},  # backwards: a correction
    S.REFUNDED: frozenset({S.REFUNDED, S.CONVERTED}),  # backwards: the refund was a mistake
    S.LOST: frozenset({S.LOST, S.ACCEPTED, S.WORKING, S.REJECTED}),  # taken up anew
    S.REJECTED: frozenset({S.REJECTED, S.ACCEPTED, S.WORKING}),
}
"""What may be reported next. Nothing known yet: anything, for a feed may tell of the end first."""

REMEDY = {
    S.LOST: "take it up again first",
    S.REJECTED: "accept it first",
    S.REFUNDED: "only a conversion follows, if the refund was a mistake",
}


@dataclass(frozen=True)
class Version:
    """What one row or command says of a referral. Instants are UTC, `amount` is the purchase's.

    `closed_at`: when it was bought, refunded or lost. `order` breaks ties of `known_at`.
    """

    known_at: datetime
    state: ReferralState
    amount: Decimal | None = None
    closed_at: datetime | None = None
    reason: str = ""
    order: int = 0

    @property
    def content(self) -> tuple[object, ...]:
        """What it says; two versions that agree in it are the same."""
        return self.state, self.amount, self.closed_at, self.reason

    @property
    def place(self) -> tuple[object, ...]:
        """Where it stands among the versions of its referral."""
        never = self.closed_at.timestamp() if self.closed_at else 0
        rank = list(ReferralState).index(self.state)
        return self.known_at, self.order, rank, never, self.amount or Decimal(0)


@dataclass(frozen=True)
class Known:
    """What all versions of a referral come to. `state` None: nothing valid is known."""

    state: ReferralState | None = None
    reason: str = ""
    accepted_at: datetime | None = None  # since when it has been taken up; decides who is first
    promised_at: datetime | None = None  # by the terms of that moment it pays
    bought_at: datetime | None = None
    amount: Decimal | None = None
    closed_at: datetime | None = None


def fold(versions: Iterable[Version]) -> Known:
    """The state after all versions, void ones left out."""
    known = Known()
    for version in sorted(versions, key=lambda v: v.place):
        if why_void(known, version) is None:
            known = _after(known, version)
    return known


def why_void(known: Known, version: Version) -> str | None:
    """Why a version cannot follow what is known; None if it can."""
    if known.state is None:
        return None
    if version.state in FOLLOWS[known.state]:
        return None
    remedy = REMEDY.get(known.state)
    words = f"a {known.state} referral cannot become {version.state}"
    return f"{words}; {remedy}" if remedy else words


def is_void(versions: Sequence[Version], version: Version) -> str | None:
    """Why `version`, one of `versions`, is void where it stands among them; None if it is not."""
    in_order = sorted(versions, key=lambda v: v.place)
    return why_void(fold(in_order[: in_order.index(version)]), version)


def _after(known: Known, version: Version) -> Known:
    state = version.state
    known = replace(known, state=state, reason=version.reason, closed_at=version.closed_at)
    if not state.is_accepted:
        return replace(known, accepted_at=None, promised_at=None, bought_at=None, amount=None)
    since = known.accepted_at or _taken_up_at(version)
    known = replace(known, accepted_at=since, promised_at=known.promised_at or since)
    if state is S.CONVERTED:
        return replace(known, bought_at=version.closed_at, amount=version.amount)
    if state is S.REFUNDED:
        return known
    bought = replace(known, bought_at=None, amount=None)
    return replace(bought, accepted_at=None) if state is S.LOST else bought


def _taken_up_at(version: Version) -> datetime:
    """A feed may tell of a purchase first: the referral was taken up by then at the latest."""
    return min(version.known_at, version.closed_at or version.known_at)


@dataclass(frozen=True)
class Claim:
    """One referral among those of its lead."""

    referral_id: str
    partner_id: str
    submitted_at: datetime
    known: Known
    customer_since: datetime | None = None  # orders show that the lead was a customer by then


class Uncounted(StrEnum):
    """Why a referral does not count, whatever was reported."""

    FIRST_COUNTS = "first_counts"
    OWN_TWICE = "own_twice"
    CUSTOMER = "customer"

    @property
    def words(self) -> str:
        return _WORDS[self]

    def standing(self, more: str = "") -> Standing:
        """What follows from it, with the words that are stored."""
        state = S.REJECTED if self is Uncounted.CUSTOMER else S.DUPLICATE
        return Standing(state, self.words + more, self)


_WORDS = {
    Uncounted.FIRST_COUNTS: "the lead was referred by another partner and accepted before",
    Uncounted.OWN_TWICE: "the same lead was accepted from you before",
    Uncounted.CUSTOMER: "the lead is a customer already",
}


@dataclass(frozen=True)
class Standing:
    """Where a referral stands beside the others of its lead."""

    state: ReferralState
    reason: str = ""
    because: Uncounted | None = None


def owner(claims: Iterable[Claim]) -> Claim | None:
    """Whose lead it is: of the referrals taken up and not lost, the one accepted first."""
    taken_up = [c for c in claims if c.known.accepted_at and c.customer_since is None]
    return min(taken_up, key=_precedence, default=None)


def _precedence(claim: Claim) -> tuple[datetime, datetime, str]:
    assert claim.known.accepted_at is not None
    return claim.known.accepted_at, claim.submitted_at, claim.referral_id


def standings(claims: Sequence[Claim], day_of: Callable[[datetime], date]) -> dict[str, Standing]:
    """Where each referral of one lead stands: the first accepted counts, the others are told why.

    A lead whose first referral is rejected or lost is free for the next. `day_of`: the program's.
    """
    first = owner(claims)
    return {claim.referral_id: _standing(claim, first, day_of) for claim in claims}


def _standing(claim: Claim, first: Claim | None, day_of: Callable[[datetime], date]) -> Standing:
    state = claim.known.state
    assert state is not None
    if state in (S.LOST, S.REJECTED) or claim is first:
        return Standing(state, claim.known.reason)
    if claim.customer_since is not None:
        return Uncounted.CUSTOMER.standing(f", since {day_of(claim.customer_since)}")
    if first is None:
        return Standing(state, claim.known.reason)
    bought_at = first.known.bought_at
    if bought_at and bought_at < claim.submitted_at:
        return Uncounted.CUSTOMER.standing(f", since {day_of(bought_at)}")
    own = claim.partner_id == first.partner_id
    return (Uncounted.OWN_TWICE if own else Uncounted.FIRST_COUNTS).standing()
