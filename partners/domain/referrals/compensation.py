"""What referrals pay: the promise, and the ledger that follows from it, entry by entry. What
incentives pay is settled by the same rules.

Money moves one way: earned (held) → payable → paid. What is no longer due is clawed back, from
what is still held first, then from what is payable; that may go below zero and is set off against
the next payment. Nothing is ever changed or deleted: the sum of a referral's entries is what is
due for it, always; so it is with a period of an incentive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from partners.domain.policy.referral_policy import Compensation, ReferralSection

ZERO = Decimal(0)


class EntryKind(StrEnum):
    """What an entry of the ledger says."""

    EARNED = "earned"  # a purchase; held at first
    PAYABLE = "payable"  # the holding period is over
    PAID = "paid"  # a person said so
    CLAWED_BACK = "clawed_back"  # a refund, or a correction


@dataclass(frozen=True)
class Posting:
    """One entry: by how much each part of a partner's money changes."""

    kind: EntryKind
    held: Decimal = ZERO
    payable: Decimal = ZERO
    paid: Decimal = ZERO

    @property
    def due(self) -> Decimal:
        """By how much the compensation in all changes: nothing, where money only moves on."""
        return self.held + self.payable + self.paid

    @property
    def amount(self) -> Decimal:
        """The amount that the entry is about, as a person reads it."""
        return self.due or (self.paid if self.kind is EntryKind.PAID else self.payable)


@dataclass(frozen=True)
class Balance:
    """Sums over entries."""

    held: Decimal = ZERO
    payable: Decimal = ZERO
    paid: Decimal = ZERO

    @property
    def due(self) -> Decimal:
        return self.held + self.payable + self.paid

    def plus(self, posting: Posting) -> Balance:
        return Balance(
            self.held + posting.held, self.payable + posting.payable, self.paid + posting.paid
        )


def balance(postings: Iterable[Posting]) -> Balance:
    total = Balance()
    for posting in postings:
        total = total.plus(posting)
    return total


@dataclass(frozen=True)
class Purchase:
    """What was bought through a referral, and the terms by which it pays."""

    amount: Decimal
    day: date
    terms: ReferralSection

    @property
    def is_success(self) -> bool:
        """Whether it is large enough to count, and to pay."""
        return self.amount >= self.terms.minimum_amount

    @property
    def payable_on(self) -> date:
        """The first day after the holding period."""
        return self.day + timedelta(days=self.terms.holding_days)


def promised(compensation: Compensation | None, amount: Decimal, decimals: int) -> Decimal:
    """What a success of that amount pays, rounded half up to the currency's decimals."""
    if compensation is None:
        return ZERO
    if compensation.bounty is not None:
        pays = compensation.bounty
    else:
        assert compensation.share is not None  # the policy has one of the two
        pays = amount * compensation.share
        pays = min(pays, compensation.cap) if compensation.cap is not None else pays
    return pays.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def due(purchase: Purchase | None, decimals: int) -> Decimal:
    """What is due for a referral; `purchase` is None if it led to none, or was refunded."""
    if purchase is None or not purchase.is_success:
        return ZERO
    return promised(purchase.terms.compensation, purchase.amount, decimals)


def settle(posted: Balance, purchase: Purchase | None, decimals: int, today: date) -> list[Posting]:
    """The entries that bring a referral's ledger up to what is due on that day.

    Done twice it posts nothing the second time. `posted` sums up the referral's own entries.
    """
    payable_on = purchase.payable_on if purchase else None
    return settle_due(posted, due(purchase, decimals), payable_on, today)


def settle_due(
    posted: Balance, is_due: Decimal, payable_on: date | None, today: date
) -> list[Posting]:
    """The entries that bring what was posted for something up to what is due for it.

    What is held becomes payable on `payable_on`; None: nothing of it is held any more.
    """
    postings: list[Posting] = []
    missing = is_due - posted.due
    if missing > 0:
        postings.append(Posting(EntryKind.EARNED, held=missing))
    elif missing < 0:
        from_held = max(missing, min(ZERO, -posted.held))
        postings.append(Posting(EntryKind.CLAWED_BACK, held=from_held, payable=missing - from_held))
    if payable_on is None:
        return postings
    held = balance(postings).held + posted.held
    if held > 0 and payable_on <= today:
        postings.append(Posting(EntryKind.PAYABLE, held=-held, payable=held))
    return postings


def pay(amount: Decimal) -> Posting:
    """What was payable has been paid."""
    return Posting(EntryKind.PAID, payable=-amount, paid=amount)
