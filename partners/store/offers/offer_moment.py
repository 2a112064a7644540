"""The moment that is asked about, with the program as it is then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from babel.numbers import get_currency_precision
from sqlalchemy.orm import Session

from partners.domain.offers.offer import Currency
from partners.domain.policy.policy import Policy
from partners.store.policy import policies


@dataclass(frozen=True)
class Moment:
    """A moment that is asked about, with the policy in force then. `planned`: it is yet to come."""

    at: datetime
    day: date
    policy: Policy
    planned: bool = False

    @property
    def currency(self) -> Currency:
        code = self.policy.program.currency
        return Currency(code, get_currency_precision(code))


def moment(session: Session, at: datetime, now: datetime) -> Moment:
    """A moment of program time, past or to come. Raises NoPolicy before the first."""
    policy = policies.required(session, at)[1]
    return Moment(at, at.astimezone(policy.program.zone).date(), policy, planned=at > now)
