"""Notices to a partner that belong to no case: welcome, promoted and qualified."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.ladder import track_facts
from activities.mail import mailed
from activities.mail.errand import Draft
from activities.mail.mail_handover import hand_over
from activities.offers import partner_openings
from activities.referrals import referral_facts
from activities.referrals.referral_file import ReferralFile
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.ladder.view import PromotionTold, TellPromotion
from partners.domain.mail.notices import NoticeKind, promotion_key
from partners.domain.mail.view import Mailed
from partners.domain.policy.referral_policy import ReferralSection
from partners.mail.notice import Notice, StepUp
from partners.mail.referral_notice import ReferralFacts
from partners.mail.transport import best_address
from partners.store.ladder import ladder
from partners.store.mail.mailed import by_key
from partners.store.overrides import overrides
from partners.store.policy import policies
from partners.store.tables.case_tables import TierChangeRow
from partners.store.tables.findings import from_json
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow


class PartnerNoticeActivities(Activities):
    """E-mails to partners about their place on the ladder."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_partner_notice(self, request: TellPromotion) -> PromotionTold:
        """Tell a partner of a promotion, once; safe to repeat, for the message's key decides.

        The promotion ends with whatever the provider answers: it stands, told or not. Only a kill
        switch, an hour at which nothing is sent, or an answer that nobody saw, leaves it open.
        """
        now = program_now(self._services.clock)
        with self._services.database.read() as session:
            partner_id = session.get_one(CandidateRow, request.candidate_id).partner_id
        handed = hand_over(
            self._services,
            promotion_key(partner_id, request.candidate_id, request.kind),
            request.kind,
            lambda session: compose(session, request, now),
            now,
        )
        if not handed.result.is_open:
            words = f"{handed.result}: {handed.detail}" if handed.detail else handed.result
            with self._services.database.write() as session:
                # Locked and read anew: `told` ends only what is still to be told, and so once.
                row = session.get_one(CandidateRow, request.candidate_id, with_for_update=True)
                ladder.told(session, row, words, now)
        until = handed.until and self._services.clock.real_time(handed.until)
        return PromotionTold(handed.result, handed.detail, until, self._mails(request))

    def _mails(self, request: TellPromotion) -> tuple[Mailed, ...]:
        """What was sent about it so far."""
        with self._services.database.read() as session:
            row = session.get_one(CandidateRow, request.candidate_id)
            partner = session.get_one(PartnerRow, row.partner_id)
            calendar = calendar_of(policies.load(session, row.policy_version))
            found = by_key(session, promotion_key(row.partner_id, row.candidate_id, request.kind))
            names = {partner.name: partner.partner_id}
            return mailed.listed(found, names, calendar, self._services)


def compose(session: Session, request: TellPromotion, now: datetime) -> Draft | str:
    """The facts of the notice; or why there is none: the partner is no longer in the tier (rule
    14), or is not to be told."""
    row = session.get_one(CandidateRow, request.candidate_id)
    if row.quiet:
        return overrides.QUIET
    partner = session.get_one(PartnerRow, row.partner_id)
    if partner.tier != row.to_tier:
        return f"no longer in {row.to_tier}"
    policy = policies.load(session, row.policy_version)
    tier = policy.tier(row.to_tier)
    assert tier is not None
    notice = Notice(
        kind=request.kind,
        policy=policy,
        tier=tier,
        partner_id=partner.partner_id,
        partner_name=partner.name,
        language=partner.language or policy.program.language,
        findings=from_json(row.findings),
        today=partner.tier_since or calendar_of(policy).day_of(now),
        step=StepUp(
            old_tier=policy.tier(row.from_tier) if row.from_tier else None,
            returns=row.from_tier is None and _was_out(session, partner.partner_id),
            by_hand=row.review_id is None,
        ),
        track=track_facts.to_do(session, partner, now),
        offers_change=partner_openings.of_tiers(
            session, partner.partner_id, row.from_tier, row.to_tier, now
        ),
    )
    if request.kind is NoticeKind.QUALIFIED:
        file = ReferralFile.of(session, partner.partner_id, now)
        referral = referral_facts.of_qualified(file) if file else ReferralFacts(ReferralSection())
        notice = replace(notice, referral=referral)
    to = best_address(partner.email, partner.fallback_email)
    return Draft(notice, [to], partner.partner_id)


def _was_out(session: Session, partner_id: str) -> bool:
    """Whether the partner was ever moved out of the program."""
    row = TierChangeRow
    query = select(row.key).where(row.partner_id == partner_id, row.to_tier.is_(None))
    return session.scalars(query.limit(1)).first() is not None
