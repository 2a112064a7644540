"""What referrals pay: statements for partners, and payouts for those who pay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.referrals.compensation import Balance
from partners.domain.time.calendar import Month
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.referrals import payouts, referral_money, referrals
from partners.store.tables.referral_tables import PayoutRow
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.copying import copied
from partners.use_cases.referrals.referral_refusals import (
    BadBatchName,
    NoPayoutsNamed,
    UnknownBatch,
)
from partners.use_cases.refusals import DayAhead


@dataclass(frozen=True)
class LedgerEntry:
    """One posting, and what it is about: a referral, a period of an incentive in a tier, or what
    the note says."""

    day: date
    kind: str
    referral_id: str | None
    held: Decimal
    payable: Decimal
    paid: Decimal
    currency: str
    key: str
    note: str
    period: str | None
    tier: str | None


@dataclass(frozen=True)
class StatementPart:
    """A month's entries in one currency, with the balance before and after it."""

    currency: str
    before: Balance
    entries: tuple[LedgerEntry, ...]
    after: Balance


@dataclass(frozen=True)
class Statement:
    """What a partner earned in a month: the program's currency first."""

    partner_id: str
    month: Month
    parts: tuple[StatementPart, ...]


@dataclass(frozen=True)
class Payout:
    """What is paid to a partner at once; `paid_on`: None until somebody says that it was."""

    payout_id: str
    partner_id: str
    amount: Decimal
    currency: str
    exported_at: datetime
    paid_on: date | None


@dataclass(frozen=True)
class Batch:
    """Payouts that were exported together."""

    name: str
    payouts: tuple[Payout, ...]


@dataclass(frozen=True)
class Paid:
    """How many payouts were marked, and of how many that was known."""

    marked: int
    known: int


def statement(by: Viewer, partner_id: str, month: Month | None = None) -> Statement:
    """A month's entries, with the balance before and after; default: this month's."""
    with by.database.read() as session:
        now = by.now()
        _, policy = policies.required(session, now)
        known_partner(session, partner_id)
        wanted = month or Month.of(calendar_of(policy).day_of(now))
        found = referral_money.statements(session, partner_id, wanted, policy.program.currency)
        parts = tuple(
            copied(StatementPart, part, entries=tuple(copied(LedgerEntry, e) for e in part.entries))
            for part in found
        )
    return Statement(partner_id, wanted, parts)


def unpaid(by: Viewer) -> Iterator[Payout]:
    """Payouts of which nobody has said that they were paid, oldest first."""
    with by.database.read() as session:
        for row in payouts.unpaid(session):
            yield copied(Payout, row)


def export(by: Manager, batch: str | None = None) -> Batch:
    """Make a payout for each partner to whom something is payable; `batch`: default, the day.

    The same batch again is the same payouts, whatever has become payable since.
    """
    now = by.now()
    with by.database.write() as session:
        _, policy = policies.required(session, now)
        referrals.lock(session)
        name = batch or f"{calendar_of(policy).day_of(now)}"
        if not name.strip() or "/" in name or len(name) > 64:
            raise BadBatchName(name)
        rows = payouts.export(session, name, by.name, now)
        return Batch(name, tuple(copied(Payout, row) for row in rows))


def mark_paid(
    by: Manager,
    payout_ids: Sequence[str] = (),
    batch: str | None = None,
    on: date | None = None,
) -> Paid:
    """Say that payouts, or all of a batch, were paid; said again, it changes nothing."""
    now = by.now()
    with by.database.write() as session:
        _, policy = policies.required(session, now)
        referrals.lock(session)
        today = calendar_of(policy).day_of(now)
        day = on or today
        if day > today:
            raise DayAhead("payment", day, today)
        rows = _chosen(session, payout_ids, batch)
        marked = sum(payouts.mark_paid(session, row, day, by.name, now) for row in rows)
    return Paid(marked, len(rows) - marked)


def _chosen(session: Session, payout_ids: Sequence[str], batch: str | None) -> Sequence[PayoutRow]:
    if bool(payout_ids) == (batch is not None):
        raise NoPayoutsNamed
    if batch is None:
        return payouts.find(session, payout_ids)
    rows = payouts.of_batch(session, batch)
    if not rows:
        raise UnknownBatch(batch)
    return rows
