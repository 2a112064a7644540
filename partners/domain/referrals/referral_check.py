"""What a report about a referral must not say, whoever makes it: a feed or a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from partners.domain.policy.referral_policy import ReferralSection
from partners.domain.referrals.referral import CLOSED, ReferralState
from partners.domain.time.calendar import ProgramCalendar


@dataclass(frozen=True)
class Limits:
    """What reports are held against."""

    section: ReferralSection
    calendar: ProgramCalendar
    currency: str
    decimals: int  # of the currency
    now: datetime


@dataclass(frozen=True)
class Report:
    """What is said of a referral at one time, as far as it can be judged by itself."""

    state: ReferralState
    submitted_at: datetime
    known_at: datetime
    amount: Decimal | None = None
    closed_at: datetime | None = None
    currency: str = ""  # blank: the program's


def why_refused(report: Report, limits: Limits) -> str | None:
    """The first thing that is wrong, in words that name it and what to do; None if nothing is."""
    return next(_problems(report, limits), None)


def _problems(report: Report, limits: Limits) -> Iterator[str]:
    state = report.state
    if state is ReferralState.DUPLICATE:
        yield "status duplicate is not reported: it follows from the other referrals of the lead"
    if report.currency and report.currency != limits.currency:
        yield (
            f"currency is {report.currency}, but the program pays in {limits.currency}; convert "
            "the amount first"
        )
    for name in ("submitted_at", "closed_at", "known_at"):
        moment = getattr(report, name)
        if moment is not None and moment > limits.now:
            yield f"{name} lies ahead: {moment:%Y-%m-%d %H:%M} UTC; report what has happened"
    if report.closed_at is None and state in (ReferralState.CONVERTED, ReferralState.REFUNDED):
        yield f"closed_at is blank; a {state} referral needs the day of it"
    if report.closed_at is not None and state in CLOSED:
        day_of = limits.calendar.day_of
        if day_of(report.closed_at) < day_of(report.submitted_at):
            yield "closed_at is before submitted_at: a lead that bought before was a customer"
    yield from _amount_problems(report, limits)


def _amount_problems(report: Report, limits: Limits) -> Iterator[str]:
    amount, most = report.amount, limits.section.maximum_amount
    if amount is None:
        if report.state is ReferralState.CONVERTED:
            yield "amount is blank; a converted referral needs the amount of the purchase"
        return
    if not amount.is_finite() or amount < 0:
        yield f"amount is not a number of at least 0: {amount}"
    elif amount == 0 and report.state is ReferralState.CONVERTED:
        yield "amount is 0: nothing was bought"
    elif amount > most:
        yield (
            f"amount is above {most:,}, the policy's referral.maximum_amount: {amount:,}; correct "
            "it, or raise that"
        )
    elif amount != amount.quantize(Decimal(1).scaleb(-limits.decimals)):
        yield f"amount has more than {limits.decimals} decimals: {amount}"
