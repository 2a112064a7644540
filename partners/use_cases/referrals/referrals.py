"""Referrals, and all that was reported of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.policy.policy import Policy
from partners.domain.referrals.referral import ReferralState
from partners.store.policy import policies
from partners.store.referrals import referral_money, referrals
from partners.store.tables.referral_tables import ReferralRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied
from partners.use_cases.referrals.referral_refusals import UnknownReferral


@dataclass(frozen=True)
class Referral:
    """How a referral stands, and what it pays. `currency` is empty before it has terms."""

    referral_id: str
    partner_id: str
    lead_ref: str
    submitted_at: datetime
    submitted_on: date
    state: str
    reason: str
    bought_on: date | None
    amount: Decimal | None
    currency: str
    pays: Decimal
    payable_on: date | None
    policy_version: int | None
    postal_code: str | None = None
    service: str | None = None

    @classmethod
    def of(cls, session: Session, row: ReferralRow, policy: Policy) -> Referral:
        return copied(
            cls,
            row,
            submitted_on=calendar_of(policy).day_of(row.submitted_at),
            currency=referral_money.currency_of(session, row),
            pays=referral_money.money_of(session, row.referral_id).due,
        )


@dataclass(frozen=True)
class ReferralReport:
    """What was reported of a referral at a time."""

    known_at: datetime
    state: ReferralState
    amount: Decimal | None
    closed_on: date | None
    reason: str


@dataclass(frozen=True)
class ReferralHistory:
    """A referral with all that was reported of it, in its order."""

    referral: Referral
    reports: tuple[ReferralReport, ...]


def list_referrals(
    by: Viewer,
    partner_id: str | None = None,
    state: ReferralState | None = None,
    lead: str | None = None,
) -> Iterator[Referral]:
    """Those submitted last leading, read as they are asked for."""
    with by.database.read() as session:
        _, policy = policies.required(session, by.now())
        for row in referrals.listed(session, partner_id, state, lead):
            yield Referral.of(session, row, policy)


def show_referral(by: Viewer, referral_id: str) -> ReferralHistory:
    """One referral, with its past."""
    with by.database.read() as session:
        _, policy = policies.required(session, by.now())
        row = referrals.find(session, referral_id)
        if row is None:
            raise UnknownReferral(referral_id)
        day_of = calendar_of(policy).day_of
        versions = referrals.versions_of(session, [referral_id])[referral_id]
        return ReferralHistory(
            Referral.of(session, row, policy),
            tuple(
                copied(ReferralReport, v, closed_on=day_of(v.closed_at) if v.closed_at else None)
                for v in versions
            ),
        )
