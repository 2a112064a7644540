"""What a report about a referral must not say: what is refused, and what just passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partners.domain.policy.referral_policy import ReferralSection
from partners.domain.referrals.referral import CLOSED, REPORTED, ReferralState
from partners.domain.referrals.referral_check import Limits, Report, why_refused
from partners.domain.time.calendar import ProgramCalendar

S = ReferralState
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LIMITS = Limits(
    ReferralSection(maximum_amount=Decimal(5000)),
    ProgramCalendar(ZoneInfo("Europe/Berlin")),
    currency="EUR",
    decimals=2,
    now=NOW,
)
BOUGHT = Report(
    S.CONVERTED,
    submitted_at=NOW - 9 * DAY,
    known_at=NOW,
    amount=Decimal("19.90"),
    closed_at=NOW - DAY,
)


def why(state: ReferralState = S.CONVERTED, **said: Any) -> str | None:
    return why_refused(replace(BOUGHT, state=state, **said), LIMITS)


@pytest.mark.parametrize("state", REPORTED)
def test_every_state_but_duplicate_may_be_reported(state: ReferralState) -> None:
    assert why(state) is None


def test_that_a_referral_is_a_duplicate_follows_from_the_others() -> None:
    assert "status duplicate is not reported" in (why(S.DUPLICATE) or "")


def test_an_amount_in_another_currency_is_refused_and_a_blank_one_is_the_programs() -> None:
    assert [why(currency=currency) for currency in ("", "EUR")] == [None, None]
    assert why(currency="USD") == (
        "currency is USD, but the program pays in EUR; convert the amount first"
    )


@pytest.mark.parametrize("name", ["submitted_at", "closed_at", "known_at"])
def test_what_lies_ahead_is_not_reported_yet(name: str) -> None:
    assert why(S.WORKING, **{name: NOW}) is None
    assert (why(S.WORKING, **{name: NOW + SECOND}) or "").startswith(f"{name} lies ahead: ")


@pytest.mark.parametrize("state", REPORTED)
def test_a_purchase_and_a_refund_need_their_day(state: ReferralState) -> None:
    refused = why(state, closed_at=None)
    if state in (S.CONVERTED, S.REFUNDED):
        assert refused == f"closed_at is blank; a {state} referral needs the day of it"
    else:
        assert refused is None


@pytest.mark.parametrize("state", REPORTED)
def test_nothing_ends_on_a_day_before_it_was_submitted(state: ReferralState) -> None:
    """A day that a referral on its way happens to carry says nothing."""
    refused = why(state, closed_at=BOUGHT.submitted_at - DAY)
    if state in CLOSED:
        assert (refused or "").startswith("closed_at is before submitted_at")
    else:
        assert refused is None


def test_a_purchase_may_be_dated_to_the_hour_before_it_was_submitted_on_the_same_day() -> None:
    """Days are the program's: feeds often know the day of a purchase alone."""
    submitted_at = datetime(2026, 11, 10, 22, 59, tzinfo=UTC)  # a minute before midnight in Berlin
    same_day, day_before = (submitted_at - timedelta(hours=hours) for hours in (23, 24))
    assert why(submitted_at=submitted_at, closed_at=same_day) is None
    assert why(submitted_at=submitted_at, closed_at=day_before) is not None


def test_only_a_purchase_needs_an_amount() -> None:
    blank = {state for state in REPORTED if why(state, amount=None) is None}
    assert blank == set(REPORTED) - {S.CONVERTED}
    assert (why(amount=None) or "").startswith("amount is blank")


@pytest.mark.parametrize("amount", ["-0.01", "NaN", "Infinity", "-Infinity"])
def test_an_amount_is_a_number_of_at_least_0(amount: str) -> None:
    assert why(amount=Decimal(amount)) == f"amount is not a number of at least 0: {amount}"


def test_nothing_can_be_lost_or_refunded_but_not_bought() -> None:
    assert why(S.LOST, amount=Decimal(0)) is None
    assert why(S.REFUNDED, amount=Decimal("0.00")) is None
    assert why(amount=Decimal("0.00")) == "amount is 0: nothing was bought"


def test_an_amount_above_the_policys_is_taken_for_a_typing_mistake() -> None:
    assert why(amount=Decimal(5000)) is None
    assert (why(amount=Decimal("5000.01")) or "").startswith("amount is above 5,000, the policy's")


def test_an_amount_has_no_more_decimals_than_the_currency() -> None:
    assert why(amount=Decimal("19.900")) is None  # the last says nothing
    assert why(amount=Decimal("19.901")) == "amount has more than 2 decimals: 19.901"
