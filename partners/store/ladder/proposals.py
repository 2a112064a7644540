"""What reviews propose: who has earned a step up, and who has no longer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.ladder.ladder import CandidateState, NotPromoted, Promotion, Why
from partners.domain.policy.entering import Approval
from partners.store.ladder.ladder import OPEN, decide
from partners.store.tables.findings import to_json
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow

Verdicts = Mapping[str, Promotion | NotPromoted]
"""By partner, what `domain.ladder.ladder.promotion` said of each."""


@dataclass
class Proposed:
    """What a review did about a page's promotions, by partner."""

    waiting: list[str] = field(default_factory=list)  # newly proposed to staff
    approved: list[str] = field(default_factory=list)  # to be carried out: start `Promotion`
    withdrawn: list[str] = field(default_factory=list)  # waited, and are no longer earned
    earned: list[str] = field(default_factory=list)  # proposed or approved now, newly or again


def propose(
    session: Session,
    verdicts: Verdicts,
    *,
    policy_version: int,
    approval: Approval,
    review_id: str,
    now: datetime,
) -> Proposed:
    """Record what a review found out about a page of partners; safe to repeat.

    Earned: one candidate waits for staff, or is approved at once where the policy says auto; one
    that waits already takes the newest findings. Not earned, and not merely for want of data
    (rule 2): one that waits is withdrawn.
    """
    earned = {i: v for i, v in verdicts.items() if isinstance(v, Promotion)}
    # Locked before their candidates are read, and in one order: a promotion that is carried out,
    # approved or declined at this moment is seen done, and two reviews cannot wait for each other.
    waits = select(CandidateRow.partner_id).where(CandidateRow.state == CandidateState.WAITING)
    who = PartnerRow.partner_id
    lock = select(who).where(who.in_(list(verdicts)), who.in_(list(earned)) | who.in_(waits))
    session.execute(lock.order_by(PartnerRow.partner_id).with_for_update())
    proposed = Proposed()
    waiting, settled = _existing(session, verdicts, review_id)
    for partner_id, row in waiting.items():
        verdict = verdicts[partner_id]
        if row.review_id is None:  # earned by referrals: no review takes it away
            continue
        if isinstance(verdict, NotPromoted) and verdict.why is not Why.INSUFFICIENT:
            decide(row, CandidateState.WITHDRAWN, f"review {review_id}", str(verdict), now)
            proposed.withdrawn.append(partner_id)
    for partner_id, promotion in earned.items():
        if partner_id in settled:
            continue
        row = waiting.get(partner_id) or _new(promotion, review_id, now)
        is_new = partner_id not in waiting
        row.from_tier, row.to_tier = promotion.from_tier, promotion.to_tier
        row.findings, row.policy_version = to_json(promotion.findings), policy_version
        if approval is Approval.AUTO:
            why = "the policy approves what is earned"
            decide(row, CandidateState.APPROVED, f"review {review_id}", why, now)
            proposed.approved.append(partner_id)
        elif is_new:
            proposed.waiting.append(partner_id)
        session.add(row)
        proposed.earned.append(partner_id)
    session.flush()
    # Also what an attempt that died had approved, and may not have started.
    proposed.approved += sorted(i for i in settled if settled[i] == CandidateState.APPROVED)
    return proposed


def _existing(
    session: Session, partner_ids: Collection[str], review_id: str
) -> tuple[dict[str, CandidateRow], dict[str, str]]:
    """Rows that wait; and the state of those under way, or decided since this review ran."""
    row = CandidateRow
    query = select(row).where(
        row.partner_id.in_(list(partner_ids)),
        row.state.in_(OPEN) | (row.review_id == review_id),
    )
    waiting: dict[str, CandidateRow] = {}
    settled: dict[str, str] = {}
    for found in session.scalars(query.order_by(row.candidate_id)):
        if found.state == CandidateState.WAITING:
            waiting[found.partner_id] = found
        else:
            settled[found.partner_id] = found.state
    return waiting, settled


def _new(promotion: Promotion, review_id: str, now: datetime) -> CandidateRow:
    return CandidateRow(
        partner_id=promotion.partner_id,
        review_id=review_id,
        proposed_at=now,
        state=CandidateState.WAITING,
    )
