"""Exclusives as they are shown: terms, how each stood when, what its periods came to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from partners.domain.offers.exclusive import ExclusiveStatus, Period, PeriodVerdict, Renewal
from partners.domain.time.calendar import Month
from partners.store.offers.holding import exclusive_places, exclusives
from partners.store.offers.holding.exclusives import Wanted
from partners.store.policy import policies
from partners.store.tables.exclusive_tables import ExclusiveReviewRow, ExclusiveRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied


@dataclass(frozen=True)
class Exclusive:
    """An exclusive: what was agreed, and how it stands."""

    exclusive_id: str
    partner_id: str
    service: str
    offer_id: str | None
    area_code: str | None  # None: everywhere
    places: int | None  # postal codes it was signed with
    first_day: date
    last_day: date
    minimum_orders: int
    completion: Decimal | None
    min_sample: int
    period: Period
    cure_days: int
    notice_days: int
    renewal: Renewal
    required_tier: str | None
    max_holders: int
    status: ExclusiveStatus
    renews: str | None
    policy_version: int
    proposed_at: datetime
    proposed_by: str
    reason: str
    signed_at: datetime | None
    signed_by: str | None
    warned_at: datetime | None
    cure_until: date | None
    at_risk_until: date | None
    revision: int


@dataclass(frozen=True)
class State:
    """How it stood from a moment on, who said so, and why."""

    at: datetime
    status: ExclusiveStatus
    who: str
    reason: str


@dataclass(frozen=True)
class JudgedPeriod:
    """A period that was held against the minimum."""

    first: Month
    last: Month
    placed: int
    completed: int
    concluded: int
    verdict: PeriodVerdict
    reviewed_at: datetime

    @property
    def placed_a_month(self) -> Decimal:
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return Decimal(self.placed) / months

    @property
    def completion(self) -> Decimal | None:
        """The rate; None where nothing was concluded."""
        return Decimal(self.completed) / self.concluded if self.concluded else None


@dataclass(frozen=True)
class ExclusivePage:
    """One with all that is known of it. `days_to_cure`: left today; None: no warning runs."""

    exclusive: Exclusive
    postal_codes: tuple[str, ...] | None  # None: everywhere
    states: tuple[State, ...]
    periods: tuple[JudgedPeriod, ...]
    days_to_cure: int | None
    renewed_by: str | None


@dataclass(frozen=True)
class ExclusiveList:
    """How many there are, and all of them, read while they are taken."""

    total: int
    exclusives: Iterator[Exclusive]


def show_exclusive(by: Viewer, exclusive_id: str) -> ExclusivePage:
    """One, with its states and its periods. Raises UnknownExclusive."""
    with by.database.snapshot() as session:
        row = exclusives.known(session, exclusive_id)
        today = policies.day_of(session, by.now())
        return _page(session, row, today)


@contextmanager
def list_exclusives(by: Viewer, wanted: Wanted) -> Iterator[ExclusiveList]:
    """Those whose term ends last leading."""
    with by.database.snapshot() as session:
        found = exclusives.listed(session, wanted)
        yield ExclusiveList(
            exclusives.count(session, wanted), (copied(Exclusive, row) for row in found)
        )


def _page(session: Session, row: ExclusiveRow, today: date) -> ExclusivePage:
    codes = exclusive_places.codes_of(session, row)
    follower = exclusives.follower(session, row.exclusive_id)
    return ExclusivePage(
        copied(Exclusive, row),
        None if codes is None else tuple(sorted(codes)),
        tuple(copied(State, one) for one in exclusives.states(session, row.exclusive_id)),
        tuple(_judged(one) for one in exclusives.periods(session, row.exclusive_id)),
        None if row.cure_until is None else max((row.cure_until - today).days, 0),
        follower and follower.exclusive_id,
    )


def _judged(row: ExclusiveReviewRow) -> JudgedPeriod:
    first, last = Month.from_number(row.first_month), Month.from_number(row.last_month)
    return copied(JudgedPeriod, row, first=first, last=last)
