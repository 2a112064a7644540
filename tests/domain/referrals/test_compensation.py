"""What referrals pay: rounding, caps, and the ledger against a naive model of what is due."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from partners.domain.policy.referral_policy import Compensation, ReferralSection
from partners.domain.referrals.compensation import (
    Balance,
    EntryKind,
    Posting,
    Purchase,
    balance,
    pay,
    promised,
    settle,
)

TODAY = date(2026, 11, 22)
TERMS = ReferralSection(
    compensation=Compensation(share=Decimal("0.1"), cap=Decimal(50)),
    minimum_amount=Decimal(20),
    holding_days=30,
)


def money(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("compensation", "amount", "decimals", "pays"),
    [
        (None, "100", 2, "0"),
        (Compensation(bounty=money("150")), "9", 2, "150.00"),
        (Compensation(share=money("0.1")), "99.99", 2, "10.00"),
        (Compensation(share=money("0.105")), "10.10", 2, "1.06"),
        (Compensation(share=money("0.1")), "1005", 0, "101"),  # half up, no cents in JPY
        (Compensation(share=money("1")), "70", 2, "70.00"),
        (Compensation(share=money("0.5"), cap=money("20")), "70", 2, "20.00"),
    ],
)
def test_what_a_success_pays(
    compensation: Compensation | None, amount: str, decimals: int, pays: str
) -> None:
    assert promised(compensation, money(amount), decimals) == money(pays)


def test_a_purchase_is_held_then_payable() -> None:
    purchase = Purchase(money("300"), TODAY, TERMS)
    (earned,) = settle(Balance(), purchase, 2, TODAY)
    assert (earned.kind, earned.held) == (EntryKind.EARNED, money("30.00"))
    posted = balance([earned])
    assert settle(posted, purchase, 2, TODAY + timedelta(days=29)) == []
    (released,) = settle(posted, purchase, 2, TODAY + timedelta(days=30))
    assert (released.kind, released.held, released.payable, released.due) == (
        EntryKind.PAYABLE,
        money("-30.00"),
        money("30.00"),
        Decimal(0),
    )


def test_a_refund_takes_back_what_is_held_first() -> None:
    posted = Balance(held=money("20"), payable=money("10"))
    assert settle(posted, None, 2, TODAY) == [
        Posting(EntryKind.CLAWED_BACK, held=money("-20"), payable=money("-10"))
    ]


def test_the_smallest_purchase_that_counts_is_a_success() -> None:
    smallest = Purchase(TERMS.minimum_amount, TODAY, TERMS)
    assert [posting.held for posting in settle(Balance(), smallest, 2, TODAY)] == [money("2.00")]


def test_a_small_purchase_is_no_success_and_pays_nothing() -> None:
    assert settle(Balance(), Purchase(money("19.99"), TODAY, TERMS), 2, TODAY) == []


@given(st.decimals(0, 10_000, places=2), st.integers(0, 60), st.booleans())
def test_settling_twice_posts_nothing_the_second_time(
    amount: Decimal, days: int, refunded: bool
) -> None:
    purchase = None if refunded else Purchase(amount, TODAY, TERMS)
    day = TODAY + timedelta(days=days)
    posted = balance(settle(Balance(held=money("7")), purchase, 2, day))
    posted = Balance(posted.held + 7, posted.payable)
    assert settle(posted, purchase, 2, day) == []


class Ledger(RuleBasedStateMachine):
    """Purchases, corrections, refunds, days and payments in any order: the ledger's sum is what
    a naive sum over the purchases that stand says, and no entry is ever touched."""

    def __init__(self) -> None:
        super().__init__()
        self.day = TODAY
        self.entries: list[tuple[str | None, Posting]] = []
        self.standing: dict[str, Purchase | None] = {}
        self.seen: list[tuple[str | None, Posting]] = []

    def _settle(self, name: str) -> None:
        own = balance(p for who, p in self.entries if who == name)
        made = settle(own, self.standing[name], 2, self.day)
        self.entries += [(name, posting) for posting in made]

    @rule(name=st.sampled_from("abc"), amount=st.decimals(1, 900, places=2))
    def buy_or_correct(self, name: str, amount: Decimal) -> None:
        old = self.standing.get(name)
        self.standing[name] = Purchase(amount, old.day if old else self.day, TERMS)
        self._settle(name)

    @rule(name=st.sampled_from("abc"))
    def refund(self, name: str) -> None:
        if name in self.standing:
            self.standing[name] = None
            self._settle(name)

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.day += timedelta(days=days)
        for name in self.standing:
            self._settle(name)

    @rule()
    def pay_what_is_payable(self) -> None:
        payable = balance(p for _, p in self.entries).payable
        if payable > 0:
            self.entries.append((None, pay(payable)))

    @invariant()
    def compensation_equals_the_sum_of_its_ledger(self) -> None:
        naive = Decimal(0)
        for purchase in self.standing.values():
            if purchase is not None and purchase.amount >= 20:
                share = (purchase.amount * Decimal("0.1")).quantize(
                    Decimal("0.01"), "ROUND_HALF_UP"
                )
                naive += min(share, Decimal(50))
        assert balance(p for _, p in self.entries).due == naive

    @invariant()
    def held_is_never_negative_and_ripe_money_is_not_held(self) -> None:
        for name, purchase in self.standing.items():
            own = balance(p for who, p in self.entries if who == name)
            assert own.held >= 0
            if purchase is None or purchase.payable_on <= self.day:
                assert own.held == 0

    @invariant()
    def the_ledger_only_grows(self) -> None:
        assert self.entries[: len(self.seen)] == self.seen
        self.seen = list(self.entries)


TestLedger = Ledger.TestCase


def test_an_entry_reads_as_the_amount_that_it_is_about() -> None:
    """Where money only moves on, what is due stays the same: then it is what has moved."""
    moved = {"held": money("-5"), "payable": money("5")}
    kinds = {kind: Posting(kind, **moved).amount for kind in EntryKind}
    del kinds[EntryKind.PAID]
    assert set(kinds.values()) == {money("5")}
    paid = Posting(EntryKind.PAID, payable=money("-5"), paid=money("5"))
    assert paid.amount == money("5")
    earned = Posting(EntryKind.EARNED, held=money("3"))
    assert earned.amount == money("3")
