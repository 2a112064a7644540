"""How far partners who refer are on the way to a tier: facts in, decisions written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from partners.domain.ladder.ladder import CandidateState
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy
from partners.domain.policy.referral_policy import Counts, ReferralSection
from partners.domain.referrals.qualification import QualifierFacts, counts_from, goal
from partners.domain.referrals.referral import ReferralState
from partners.domain.referrals.referral_window import Progress, progress
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.ladder.ladder_facts import ladder_facts
from partners.store.policy import policies
from partners.store.referrals import referral_news
from partners.store.referrals.referral_money import incentives_posted
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import (
    ChecklistRow,
    QualificationRow,
    ReferralNewsRow,
    ReferralRow,
)
from partners.store.tables.review_tables import CandidateRow

S = ReferralState
OPEN = (S.SUBMITTED, S.ACCEPTED, S.WORKING)
GONE = (CandidateState.DECLINED, CandidateState.WITHDRAWN)


@dataclass(frozen=True)
class Success:
    """A purchase that counts, or will once it is kept."""

    referral_id: str
    day: date
    counts_on: date  # the first day on which it counts; its own, unless it has to be kept


def qualification(session: Session, partner_id: str, now: datetime) -> QualificationRow:
    """The partner's row, made where there is none; a promotion that came to nothing is cleared."""
    row = session.get(QualificationRow, partner_id, with_for_update=True)
    # Whoever asks has locked the partner, so nobody else makes the row between the look and this.
    if row is None:
        row = QualificationRow(partner_id=partner_id, began_at=now, declines=0)
        session.add(row)
        session.flush()
    if row.candidate_id is not None:
        state = session.get_one(CandidateRow, row.candidate_id).state
        if state in GONE:
            row.declines += state == CandidateState.DECLINED
            row.candidate_id = row.qualified_on = None
    return row


def facts(
    session: Session,
    partner: PartnerRow,
    row: QualificationRow,
    calendar: ProgramCalendar,
    today: date,
) -> QualifierFacts:
    ladder = ladder_facts(session, [partner.partner_id], calendar, today)[partner.partner_id]
    newest = session.scalar(
        select(func.max(ReferralRow.submitted_at)).where(
            ReferralRow.partner_id == partner.partner_id
        )
    )
    candidate = session.get(CandidateRow, row.candidate_id) if row.candidate_id else None
    told = referral_news.newest(session, partner.partner_id)
    nudged = told.pop(NoticeKind.NUDGE, None)
    news = max(told.values(), default=None)
    return QualifierFacts(
        ladder=ladder,
        qualified_on=row.qualified_on,
        waiting=candidate is not None and candidate.state == CandidateState.WAITING,
        declines=row.declines,
        last_heard_on=calendar.day_of(newest) if newest else None,
        looked_on=calendar.day_of(row.began_at),
        news_on=calendar.day_of(news) if news else None,
        nudged_on=calendar.day_of(nudged) if nudged else None,
    )


def successes(
    session: Session, partner_id: str, section: ReferralSection, since: date
) -> list[Success]:
    """The purchases that stand and are large enough, by the terms promised for each."""
    row = ReferralRow
    query = select(row.referral_id, row.bought_on, row.amount, row.policy_version).where(
        row.partner_id == partner_id, row.state == S.CONVERTED, row.bought_on >= since
    )
    found = []
    for referral_id, bought_on, amount, version in session.execute(query.order_by(row.bought_on)):
        assert version is not None
        assert bought_on is not None
        assert amount is not None
        terms = policies.load(session, version).referral or ReferralSection()
        if amount < terms.minimum_amount:
            continue
        kept = timedelta(days=terms.holding_days if section.counts is Counts.KEPT else 0)
        found.append(Success(referral_id, bought_on, bought_on + kept))
    return found


def progress_of(
    found: Sequence[Success], section: ReferralSection, qualifier: QualifierFacts, today: date
) -> Progress:
    days = [success.day for success in found if success.counts_on <= today]
    return progress(days, goal(section), counts_from(qualifier, section), today)


def open_referrals(session: Session, partner_id: str) -> int:
    """How many may still lead to a purchase."""
    query = select(func.count()).where(
        ReferralRow.partner_id == partner_id, ReferralRow.state.in_(OPEN)
    )
    return session.scalar(query) or 0


def due_for_release(session: Session, partner_id: str, today: date) -> Sequence[ReferralRow]:
    """Referrals whose holding period is over, and whose money is still held."""
    query = select(ReferralRow).where(
        ReferralRow.partner_id == partner_id, ReferralRow.payable_on <= today
    )
    return session.scalars(query).all()


def next_release(session: Session, partner_id: str) -> date | None:
    query = select(func.min(ReferralRow.payable_on)).where(ReferralRow.partner_id == partner_id)
    return session.scalar(query)


def is_by_referrals(session: Session, candidate: CandidateRow) -> bool:
    """Whether a promotion was earned by referrals."""
    row = session.get(QualificationRow, candidate.partner_id)
    return row is not None and row.candidate_id == candidate.candidate_id


# ---- the checklist ----


def checklist(session: Session, partner_id: str) -> Sequence[ChecklistRow]:
    """The steps of a new reseller's enablement track, in their order; none before qualifying."""
    query = select(ChecklistRow).where(ChecklistRow.partner_id == partner_id)
    return session.scalars(query.order_by(ChecklistRow.position)).all()


def begin_checklist(session: Session, partner_id: str, policy: Policy) -> None:
    """Write the policy's steps down for a partner; those that stand there already stay."""
    known = {row.step for row in checklist(session, partner_id)}
    steps = policy.referral.checklist if policy.referral else ()
    for position, step in enumerate(steps):
        if step not in known:
            session.add(ChecklistRow(partner_id=partner_id, step=step, position=position))
    session.flush()


# ---- for the daily watch ----


def to_be_looked_at(session: Session, after: str = "") -> Iterator[str]:
    """Partners whose workflow is to be started or told, by id: referral partners who are not
    known to it yet, and whoever has news untold."""
    partner, row, news = PartnerRow, QualificationRow, ReferralNewsRow
    unknown = (
        (partner.kind == "referral")
        & partner.tier.is_(None)
        & partner.left_on.is_(None)
        & ~exists().where(row.partner_id == partner.partner_id)
    )
    untold = exists().where(news.partner_id == partner.partner_id, news.told_at.is_(None))
    query = select(partner.partner_id).where(or_(unknown, untold), partner.partner_id > after)
    yield from session.scalars(query.order_by(partner.partner_id))


def without_statement(session: Session, month: Month) -> Iterator[str]:
    """Partners for whom incentives posted something in a month that has ended, and whose statement
    of it has not been noted yet."""
    row = ReferralNewsRow
    noted = select(row.partner_id).where(row.kind == NoticeKind.STATEMENT, row.event == str(month))
    known = set(session.scalars(noted))
    yield from (who for who in incentives_posted(session, month) if who not in known)
