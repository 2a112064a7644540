"""Candidates for promotion: proposed, decided by a person or by the policy, carried out.

Every change of tier that is no case's outcome goes through a candidate, by hand or by review, so
that who, why and on which findings are on record, and each is carried out once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.ladder.ladder import (
    CandidateState,
    why_hands_off,
    why_not_considered,
)
from partners.domain.ladder.track import track_name
from partners.domain.policy.entering import Approval
from partners.domain.policy.policy import Policy
from partners.domain.record.decisions import Step
from partners.store.cases.cases import Decided, change_tier, record_decision
from partners.store.ladder import tracks
from partners.store.ladder.ladder_facts import ladder_facts
from partners.store.ladder.ladder_notes import note_promotion
from partners.store.tables.findings import from_json
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow

UNDER_WAY = (CandidateState.APPROVED, CandidateState.PROMOTED)
OPEN = (CandidateState.WAITING, *UNDER_WAY)


def candidates(session: Session, states: Collection[str]) -> Iterator[CandidateRow]:
    """Candidates in these states, those proposed first leading, read as they are asked for."""
    query = select(CandidateRow).where(CandidateRow.state.in_(states))
    query = query.order_by(CandidateRow.candidate_id).execution_options(yield_per=500)
    yield from session.scalars(query)


def candidate_of(session: Session, partner_id: str, states: Collection[str]) -> CandidateRow | None:
    """The partner's oldest candidate in these states, locked until the transaction ends."""
    query = select(CandidateRow).where(
        CandidateRow.partner_id == partner_id, CandidateRow.state.in_(states)
    )
    return session.scalars(query.order_by(CandidateRow.candidate_id).with_for_update()).first()


def _of_no_review(
    partner: PartnerRow, to_tier: str, policy_version: int, now: datetime
) -> CandidateRow:
    """A candidate whom no review found: no figures stand behind it."""
    return CandidateRow(
        partner_id=partner.partner_id,
        from_tier=partner.tier,
        to_tier=to_tier,
        policy_version=policy_version,
        proposed_at=now,
        findings=[],
        state=CandidateState.WAITING,
    )


def decide(row: CandidateRow, state: CandidateState, who: str, reason: str, now: datetime) -> None:
    """Say what became of a candidate, by whose word and why; the caller records it."""
    row.state, row.who, row.reason, row.decided_at = state, who, reason, now


def approve(session: Session, row: CandidateRow, who: str, reason: str, now: datetime) -> None:
    """A person approves a candidate that waits."""
    decide(row, CandidateState.APPROVED, who, reason, now)
    _record(session, row, Step.APPROVED, f"to {row.to_tier}", now)


def decline(session: Session, row: CandidateRow, who: str, reason: str, now: datetime) -> None:
    """A person declines a candidate that waits. It is not proposed again soon: see `Why`."""
    decide(row, CandidateState.DECLINED, who, reason, now)
    _record(session, row, Step.DECLINED, f"to {row.to_tier}", now)


def add_by_hand(
    session: Session,
    partner: PartnerRow,
    to_tier: str,
    *,
    policy_version: int,
    who: str,
    notes: str,
    now: datetime,
    quiet: bool = False,
) -> CandidateRow:
    """A person puts a partner into a tier: an approved candidate of no review.

    One that waits for staff is withdrawn, for this takes its place.
    """
    waiting = candidate_of(session, partner.partner_id, [CandidateState.WAITING])
    if waiting is not None:
        decide(waiting, CandidateState.WITHDRAWN, who, f"added to {to_tier} by hand", now)
    row = _of_no_review(partner, to_tier, policy_version, now)
    row.quiet = quiet
    decide(row, CandidateState.APPROVED, who, notes, now)
    session.add(row)
    session.flush()
    _record(session, row, Step.ADDED, f"to {row.to_tier}", now)
    return row


def qualify(
    session: Session,
    partner: PartnerRow,
    to_tier: str,
    *,
    policy_version: int,
    approval: Approval,
    why: str,
    now: datetime,
) -> CandidateRow:
    """A partner has earned the entry tier by referrals: waits for staff, or is approved at once."""
    row = _of_no_review(partner, to_tier, policy_version, now)
    if approval is Approval.AUTO:
        decide(row, CandidateState.APPROVED, "referrals", why, now)
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, row: CandidateRow, who: str, why: str, now: datetime) -> None:
    """Take back a candidate that waits."""
    decide(row, CandidateState.WITHDRAWN, who, why, now)
    _record(session, row, Step.WITHDRAWN, why, now)


def why_not_now(
    session: Session, row: CandidateRow, partner: PartnerRow, policy: Policy, now: datetime
) -> str | None:
    """Why a candidate cannot be carried out as things stand now; None if it can.

    Looks at everything but the numbers, which the review judged. `partner` is locked.
    """
    calendar = calendar_of(policy)
    today = calendar.day_of(now)
    facts = ladder_facts(session, [partner.partner_id], calendar, today)[partner.partner_id]
    if policy.tier(row.to_tier) is None:
        return f"the policy has no tier {row.to_tier} any more"
    if partner.tier != row.from_tier:
        return f"the tier has changed meanwhile: {partner.tier or 'none'}"
    if row.review_id is None:
        hands_off = why_hands_off(facts)
        return hands_off.value if hands_off else None
    refusal = why_not_considered(policy, facts, today)
    return str(refusal) if refusal else None


def carry_out(
    session: Session, row: CandidateRow, partner: PartnerRow, policy: Policy, now: datetime
) -> str | None:
    """Change the tier of an approved candidate, or withdraw it; returns why it was withdrawn.

    `partner` is locked, so the comparison with its tier holds until the change is committed.
    """
    assert row.state == CandidateState.APPROVED
    if refusal := why_not_now(session, row, partner, policy, now):
        decide(row, CandidateState.WITHDRAWN, row.who or "", refusal, now)
        _record(session, row, Step.WITHDRAWN, refusal, now)
        return refusal
    change_tier(
        session,
        partner,
        row.to_tier,
        key=f"candidate/{row.candidate_id}",
        case_id=None,
        at=now,
        day=calendar_of(policy).day_of(now),
        actor=row.who or "",
        reason=row.reason or "",
    )
    row.state = CandidateState.PROMOTED
    calendar = calendar_of(policy)
    track = track_name(policy, row.to_tier)
    tracks.begin(session, partner.partner_id, track, policy, calendar, calendar.day_of(now))
    note_promotion(session, row, now)
    _record(session, row, Step.PROMOTED, f"from {row.from_tier or 'no tier'} to {row.to_tier}", now)
    return None


def told(session: Session, row: CandidateRow, result: str, now: datetime) -> None:
    """A promotion ends: the partner was told, or will not be, and why."""
    if row.state == CandidateState.PROMOTED:
        row.state = CandidateState.TOLD
        _record(session, row, Step.TOLD, result, now)


def _record(session: Session, row: CandidateRow, step: Step, result: str, now: datetime) -> None:
    """Store a decision about a candidate with its inputs (rule 15)."""
    quietly = ", quietly" if row.quiet and step in (Step.APPROVED, Step.ADDED) else ""
    decided = Decided(
        partner_id=row.partner_id,
        case=None,
        at=now,
        step=step,
        result=result + quietly,
        as_of=row.proposed_at.date(),
        policy_version=row.policy_version,
        findings=from_json(row.findings),
        actor=row.who or "",
        reason=row.reason,
    )
    record_decision(session, decided)
