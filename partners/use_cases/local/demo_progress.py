"""How far partners have come since a day: their case, their referrals, their mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from partners.domain.exclusives.exclusive_term import NewsEvent
from partners.domain.judging.assessment import Finding
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.record.decisions import Step
from partners.domain.referrals.referral import ReferralState
from partners.store.offers.holding import exclusives
from partners.store.referrals import referral_money, referrals
from partners.store.tables.case_tables import CaseRow, DecisionRow
from partners.store.tables.exclusive_tables import (
    ExclusiveNewsRow,
    ExclusiveReviewRow,
    ExclusiveRow,
)
from partners.store.tables.findings import from_json
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import ReferralNewsRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied


@dataclass(frozen=True)
class Mail:
    """A message, and whether it was accepted."""

    kind: str
    state: str
    rendered_at: datetime


@dataclass(frozen=True)
class CaseSoFar:
    """The case that was opened since then. `findings`: the latest."""

    status: str
    outcome: str | None
    hold_reason: str | None
    hold_detail: str | None
    hold_notices: int
    recovery_since: datetime | None
    deadline: date | None
    decided_at: datetime | None
    findings: tuple[Finding, ...]
    mails: tuple[Mail, ...]


@dataclass(frozen=True)
class NoCase:
    """No case was opened. `why`: None until somebody has looked."""

    why: str | None


@dataclass(frozen=True)
class ReferrerSoFar:
    """What somebody who refers has reached. `told`: kinds of news that went out, and of what."""

    tier: str | None
    purchases: int
    earned: Decimal
    told: frozenset[str]
    mails: tuple[Mail, ...]


@dataclass(frozen=True)
class Sold:
    """What was sold under an exclusive in a month (YYYYMM) that was looked at."""

    month: int
    placed: int
    required: int


@dataclass(frozen=True)
class ExclusiveSoFar:
    """How an exclusive stands, and since when. `sold`: in the last period; `known_events`: those
    of which everybody has been told."""

    status: ExclusiveStatus
    since: datetime
    first_day: date
    is_warned: bool
    cure_until: date | None
    sold: Sold | None
    known_events: frozenset[NewsEvent]
    mails: tuple[Mail, ...]


def cases_so_far(
    by: Viewer, partner_ids: Sequence[str], since: datetime
) -> list[CaseSoFar | NoCase]:
    """Of each of these partners, in their order."""
    with by.database.read() as session:
        return [_case(session, partner_id, since) for partner_id in partner_ids]


def referrers_so_far(by: Viewer, partner_ids: Sequence[str], currency: str) -> list[ReferrerSoFar]:
    """Of each of these partners, in their order."""
    with by.database.read() as session:
        return [_referrer(session, partner_id, currency) for partner_id in partner_ids]


def exclusives_so_far(by: Viewer, exclusive_ids: Sequence[str]) -> list[ExclusiveSoFar]:
    """Each of these exclusives, in their order."""
    with by.database.read() as session:
        return [_exclusive(session, exclusive_id) for exclusive_id in exclusive_ids]


def _case(session: Session, partner_id: str, since: datetime) -> CaseSoFar | NoCase:
    query = select(CaseRow).where(CaseRow.partner_id == partner_id, CaseRow.opened_at >= since)
    case = session.scalars(query).first()
    if case is None:
        decided = select(DecisionRow.result).where(
            DecisionRow.partner_id == partner_id, DecisionRow.step == Step.NOT_OPENED
        )
        return NoCase(session.scalars(decided).first())
    return copied(
        CaseSoFar,
        case,
        findings=from_json(case.latest or case.findings),
        mails=_mails(session, OutboxRow.case_id == case.case_id),
    )


def _referrer(session: Session, partner_id: str, currency: str) -> ReferrerSoFar:
    row = ReferralNewsRow
    news = select(row.kind, row.event).where(row.partner_id == partner_id, row.told_at.is_not(None))
    return ReferrerSoFar(
        session.get_one(PartnerRow, partner_id).tier,
        len(referrals.of_partner(session, partner_id, ReferralState.CONVERTED)),
        referral_money.balance_of(session, partner_id, currency).due,
        frozenset(word for kind_and_event in session.execute(news) for word in kind_and_event),
        _mails(session, OutboxRow.partner_id == partner_id),
    )


def _exclusive(session: Session, exclusive_id: str) -> ExclusiveSoFar:
    row, news = exclusives.known(session, exclusive_id), ExclusiveNewsRow
    told = select(news.event).where(news.exclusive_id == exclusive_id, news.told_at.is_not(None))
    looked_at = exclusives.periods(session, exclusive_id)
    return ExclusiveSoFar(
        row.status,
        exclusives.states(session, exclusive_id)[-1].at,
        row.first_day,
        row.warned_month is not None,
        row.cure_until,
        _sold(row, looked_at[-1]) if looked_at else None,
        frozenset(session.scalars(told)),
        _mails(session, OutboxRow.partner_id == row.partner_id),
    )


def _sold(row: ExclusiveRow, review: ExclusiveReviewRow) -> Sold:
    return Sold(review.first_month, review.placed, row.minimum_orders * review.months)


def _mails(session: Session, whose: ColumnElement[bool]) -> tuple[Mail, ...]:
    query = select(OutboxRow).where(whose).order_by(OutboxRow.outbox_id)
    return tuple(copied(Mail, message) for message in session.scalars(query))
