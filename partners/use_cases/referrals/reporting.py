"""What people report of referrals: a new one, and what became of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import NoReturn

from sqlalchemy.orm import Session

from partners.domain.policy.policy import Policy
from partners.domain.referrals.referral import ReferralState, Version, why_void
from partners.store.imports.reading.fields import RowRejected
from partners.store.imports.referral_rows import check, limits, place_of
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.referrals import referral_leads, referrals
from partners.store.referrals.referrals import Reported, Taken
from partners.store.tables.referral_tables import ReferralRow
from partners.use_cases import telling
from partners.use_cases.acting import Manager
from partners.use_cases.referrals.referral_refusals import (
    ReferralExists,
    ReferralIsDuplicate,
    ReferralIsRejected,
    RejectedWithoutReason,
    ReportOutOfOrder,
    ReportRefused,
    UnknownReferral,
)
from partners.use_cases.referrals.referrals import Referral
from partners.use_cases.refusals import signed
from partners.use_cases.telling import Told

S = ReferralState
CLOSING = (S.CONVERTED, S.REFUNDED, S.LOST)
Make = Callable[[Session, Policy, datetime], Reported]


@dataclass(frozen=True)
class Stands:
    """How a referral stands after a report. `told`: those whose referrals changed."""

    referral: Referral
    told: Told


async def add(
    by: Manager,
    referral_id: str,
    partner_id: str,
    lead: str,
    on: datetime | None = None,
    postal_code: str = "",
    service: str = "",
) -> Stands:
    """A partner has submitted a lead. `on` is a time in the program's zone; default now. Where the
    lead is and what it wants decide who works it."""

    def make(session: Session, policy: Policy, now: datetime) -> Reported:
        known_partner(session, partner_id)
        if referrals.find(session, referral_id) is not None:
            raise ReferralExists(referral_id)
        version = Version(now, S.SUBMITTED)
        return Reported(
            referral_id,
            partner_id,
            lead,
            _moment(on, policy, now),
            version,
            postal_code=_placed(referral_id, postal_code),
            service=service.strip(),
        )

    return await _report(by, make)


async def report(
    by: Manager,
    referral_id: str,
    state: ReferralState,
    on: datetime | None = None,
    amount: Decimal | None = None,
    currency: str = "",
    reason: str = "",
) -> Stands:
    """Say what became of a referral that exists. Said again, it corrects the amount and the day.

    A lead that is a customer is accepted only with a reason. `currency`: the program's, if any.
    """
    if state is S.REJECTED and not reason.strip():
        raise RejectedWithoutReason

    def make(session: Session, policy: Policy, now: datetime) -> Reported:
        row = _reportable(session, referral_id, state)
        if state is S.ACCEPTED and reason.strip():
            row.customer_since = None  # a person's word
        closed_at = _moment(on, policy, now) if state in CLOSING else None
        version = Version(now, state, amount, closed_at, reason)
        return Reported(referral_id, row.partner_id, row.lead_ref, row.submitted_at, version)

    return await _report(by, make, currency)


def _placed(referral_id: str, text: str) -> str:
    try:
        return place_of(text)
    except RowRejected as wrong:
        raise ReportRefused(referral_id, str(wrong)) from None


def _moment(on: datetime | None, policy: Policy, now: datetime) -> datetime:
    """A day is its midnight in the program's zone, but never before what is known of today."""
    if on is None:
        return now
    return on.replace(tzinfo=policy.program.zone).astimezone(UTC)


def _known(session: Session, referral_id: str) -> ReferralRow:
    row = referrals.find(session, referral_id)
    if row is None:
        raise UnknownReferral(referral_id)
    return row


def _reportable(session: Session, referral_id: str, state: ReferralState) -> ReferralRow:
    row = _known(session, referral_id)
    if row.state == S.DUPLICATE and state is not S.REJECTED:
        raise ReferralIsDuplicate(referral_id, row.lead_ref, row.reason)
    if row.state == S.REJECTED and state not in (S.ACCEPTED, S.REJECTED):
        raise ReferralIsRejected(referral_id, row.reason)
    return row


def _refuse(session: Session, made: Reported, why: str) -> NoReturn:
    known = referrals.known_of(session, [_known(session, made.referral_id)])[made.referral_id]
    if known.state is not None and why_void(known, made.version):
        raise ReportOutOfOrder(made.referral_id, known.state, made.version.state, why)
    raise ReportRefused(made.referral_id, why)


async def _report(by: Manager, make: Make, currency: str = "") -> Stands:
    """Take one report in, and tell whom it concerns; a refusal changes nothing."""
    signed(by=by.name)
    now = by.now()
    with by.database.write() as session:
        _, policy = policies.required(session, now)
        held_against = limits(policy, now)
        referrals.lock(session)
        made = make(session, policy, now)
        try:
            check(made, held_against, currency)
        except RowRejected as wrong:
            raise ReportRefused(made.referral_id, str(wrong)) from None
        taken = referrals.take_in(session, [made], by.name, held_against.currency, False)[0]
        if taken.what is Taken.REFUSED:
            _refuse(session, made, taken.reason)
        changes = referral_leads.resolve(session, {made.lead_ref}, policy, now)
        stands = Referral.of(session, _known(session, made.referral_id), policy)
    return Stands(stands, await telling.referrals_changed(by, changes))
