"""People's word about promotions, carried out by the workflow that each has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session
from temporalio.client import Client
from temporalio.service import RPCError

from activities.ladder.activities import notice_kind
from activities.ladder.partner_notice_activities import compose
from partners.domain.ladder.ladder import CandidateState
from partners.domain.ladder.view import TellPromotion
from partners.domain.policy.policy import Policy
from partners.mail.notice import Notice
from partners.store.cases import cases
from partners.store.judging import appraisals
from partners.store.ladder import ladder
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.referrals import qualifications
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow
from partners.temporal import running
from partners.use_cases import telling
from partners.use_cases.acting import Manager
from partners.use_cases.ladder.ladder_refusals import (
    AlreadyInTier,
    CaseDecidesTier,
    NoCandidate,
    NoPromotionNow,
    PromotionNotStarted,
    PromotionNotTaken,
    PromotionUnderWay,
    PromotionWithdrawn,
    TierBelow,
    UnknownTier,
)
from partners.use_cases.refusals import signed
from partners.use_cases.telling import Told

LOOK_SECONDS = 10.0
"""How long an act watches for its promotion to be carried out."""

Decide = Callable[[Session], CandidateRow]
"""Records a person's decision; refuses it otherwise."""


@dataclass(frozen=True)
class Promoted:
    """The partner has moved; the mail is on its way."""

    partner_id: str
    from_tier: str | None
    to_tier: str
    told: Told
    quiet: bool = False  # the partner is not told


@dataclass(frozen=True)
class Declined:
    """The partner stays. If it is still earned, it is proposed again after some days."""

    partner_id: str
    tier: str | None
    again_after_days: int
    told: Told


@dataclass(frozen=True)
class PromotionPreview:
    """What a promotion would do."""

    from_tier: str | None
    to_tier: str
    notice: Notice | None  # None: the partner is not told
    why_not_told: str = ""


def preview_approval(
    by: Manager, partner_id: str, reason: str, quiet: bool = False
) -> PromotionPreview:
    """Approve a candidate, promote them, and roll it back. Raises a refusal as the act would."""
    return _previewed(by, partner_id, _approval(by, partner_id, reason, quiet))


def preview_addition(
    by: Manager, partner_id: str, tier: str, notes: str, quiet: bool = False
) -> PromotionPreview:
    """Add a partner, and roll it back. Raises a refusal as the act would."""
    return _previewed(by, partner_id, _addition(by, partner_id, tier, notes, quiet))


async def approve(by: Manager, partner_id: str, reason: str, quiet: bool = False) -> Promoted:
    """Promote a candidate; the partner is told. Repeat it if it was interrupted."""
    return await _carry_out(by, partner_id, _approval(by, partner_id, reason, quiet))


async def add(by: Manager, partner_id: str, tier: str, notes: str, quiet: bool = False) -> Promoted:
    """Put a partner into a tier by hand, from none or from a lower one; the partner is told."""
    return await _carry_out(by, partner_id, _addition(by, partner_id, tier, notes, quiet))


def _approval(by: Manager, partner_id: str, reason: str, quiet: bool) -> Decide:
    signed(by=by.name, reason=reason)

    def decide(session: Session) -> CandidateRow:
        partner = _free_partner(session, partner_id)
        if under_way := ladder.candidate_of(session, partner_id, ladder.UNDER_WAY):
            return under_way
        waiting = _waiting(session, partner_id)
        now = by.now()
        _, policy = policies.required(session, now)
        if why := ladder.why_not_now(session, waiting, partner, policy, now):
            raise NoPromotionNow(partner_id, waiting.to_tier, by_hand=False, why=why)
        waiting.quiet = quiet
        ladder.approve(session, waiting, by.name, reason, now)
        return waiting

    return decide


def _addition(by: Manager, partner_id: str, tier: str, notes: str, quiet: bool) -> Decide:
    signed(by=by.name, notes=notes)

    def decide(session: Session) -> CandidateRow:
        partner = _free_partner(session, partner_id)
        now = by.now()
        version, policy = policies.required(session, now)
        _check_tier(policy, partner, tier)
        if under_way := ladder.candidate_of(session, partner_id, ladder.UNDER_WAY):
            raise PromotionUnderWay(partner_id, under_way.to_tier)
        added = ladder.add_by_hand(
            session,
            partner,
            tier,
            policy_version=version,
            who=by.name,
            notes=notes,
            now=now,
            quiet=quiet,
        )
        if why := ladder.why_not_now(session, added, partner, policy, now):
            raise NoPromotionNow(partner_id, tier, by_hand=True, why=why)
        appraisals.note(session, partner_id, notes, who=by.name, at=now)
        return added

    return decide


def _previewed(by: Manager, partner_id: str, decide: Decide) -> PromotionPreview:
    now = by.now()
    with by.database.rolled_back() as session:
        row = decide(session)
        if row.state == CandidateState.APPROVED:
            partner = session.get_one(PartnerRow, partner_id)
            _, policy = policies.required(session, now)
            if why := ladder.carry_out(session, row, partner, policy, now):
                raise PromotionWithdrawn(partner_id, why)
        session.flush()
        told = TellPromotion(row.candidate_id, notice_kind(session, row))
        draft = compose(session, told, now)
        if isinstance(draft, str):
            return PromotionPreview(row.from_tier, row.to_tier, None, draft)
        return PromotionPreview(row.from_tier, row.to_tier, draft.notice)


async def decline(by: Manager, partner_id: str, reason: str) -> Declined:
    """Decline a candidate. The partner is not told, and not proposed again for some time."""
    signed(by=by.name, reason=reason)
    now = by.now()
    with by.database.write() as session:
        # Before the candidate, as all do who decide about one: it may be withdrawn at this moment.
        session.get(PartnerRow, partner_id, with_for_update=True)
        row = _waiting(session, partner_id)
        ladder.decline(session, row, by.name, reason, now)
        days = policies.required(session, now)[1].ladder.min_days_between_changes
        refers = qualifications.is_by_referrals(session, row)
    told = await telling.referrals(by, [partner_id] if refers else [])
    return Declined(partner_id, row.from_tier, days, told)


def _free_partner(session: Session, partner_id: str) -> PartnerRow:
    """The partner, locked; refused while a case is open."""
    row = locked_partner(session, partner_id)
    case = cases.newest_case_of(session, partner_id)
    if case is not None and case.closed_at is None:
        raise CaseDecidesTier(partner_id, case.case_id)
    return row


def _waiting(session: Session, partner_id: str) -> CandidateRow:
    row = ladder.candidate_of(session, partner_id, [CandidateState.WAITING])
    if row is None:
        raise NoCandidate(partner_id)
    return row


def _check_tier(policy: Policy, partner: PartnerRow, tier: str) -> None:
    """Refused unless the tier exists and is above the partner's."""
    keys = tuple(known.key for known in policy.tiers)
    now_in = partner.tier
    if tier not in keys:
        raise UnknownTier(tier, keys)
    if now_in == tier:
        raise AlreadyInTier(partner.partner_id, tier)
    if now_in in keys and keys.index(now_in) > keys.index(tier):
        raise TierBelow(partner.partner_id, now_in, tier)


# ---- carrying out ----


async def _carry_out(by: Manager, partner_id: str, decide: Decide) -> Promoted:
    """Record the decision, start the workflow that carries it out, and wait for what comes of it.

    Without a server nothing is decided; without a worker it waits for one, as is said.
    """
    with by.program.progress("waiting for Temporal", None):
        client = await by.program.connect()
        with by.database.write() as session:
            candidate_id = decide(session).candidate_id
        row = await _carried_out(by, client, partner_id, candidate_id)
    if row.state == CandidateState.WITHDRAWN:
        raise PromotionWithdrawn(partner_id, row.reason or "")
    with by.database.read() as session:
        began_by_referring = session.get_one(PartnerRow, partner_id).kind == "referral"
    to_look_at = [partner_id] if began_by_referring else []
    told = await telling.referrals(by, to_look_at)
    return Promoted(partner_id, row.from_tier, row.to_tier, told, row.quiet)


async def _carried_out(
    by: Manager, client: Client, partner_id: str, candidate_id: int
) -> CandidateRow:
    try:
        await running.RunningPromotions(client).start(partner_id)
    except RPCError as error:
        raise PromotionNotStarted(partner_id, error.message) from error
    for _ in range(int(LOOK_SECONDS / 0.1)):
        with by.database.read() as session:
            row = session.get_one(CandidateRow, candidate_id)
        if row.state != CandidateState.APPROVED:
            return row
        await asyncio.sleep(0.1)
    raise PromotionNotTaken(partner_id, LOOK_SECONDS)
