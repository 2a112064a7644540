"""Carrying out promotions: the change of tier, once, if it is still right. Safe to repeat."""

from __future__ import annotations

from sqlalchemy.orm import Session
from temporalio import activity

from activities import approvals
from activities.refusing import known_partner, policy_in_force
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.cases.view import PartnerRef
from partners.domain.ladder.ladder import CandidateState
from partners.domain.ladder.view import PromotionStep
from partners.domain.mail.notices import NoticeKind
from partners.store.ladder import ladder
from partners.store.policy import policies
from partners.store.referrals import qualifications
from partners.store.tables.review_tables import CandidateRow


class PromotionActivities(Activities):
    """What a promotion does to the database."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def promote(self, ref: PartnerRef) -> PromotionStep:
        """Carry out the partner's oldest approved promotion, or withdraw it.

        One that was carried out before and not told yet is returned as it is, so a repeat and a
        new run both go on from there. The partner's row is locked: no case opens meanwhile.
        """
        now, clock = program_now(self._services.clock), self._services.clock
        with self._services.database.write() as session:
            partner = known_partner(session, ref.partner_id)
            row = ladder.candidate_of(session, ref.partner_id, ladder.UNDER_WAY)
            if row is None:
                return PromotionStep(clock=clock)
            refusal = None
            if row.state == CandidateState.APPROVED:
                _, policy = policy_in_force(session, now)
                refusal = ladder.carry_out(session, row, partner, policy, now)
            policy = policies.load(session, row.policy_version)
            return PromotionStep(
                row.candidate_id,
                row.to_tier,
                notice_kind(session, row),
                refusal or "",
                clock,
                from_tier=row.from_tier or "",
                why=approvals.why_earned(session, row, policy),
                since=partner.tier_since,
                acts=approvals.who_decided(session, [row], calendar_of(policy)),
            )


def notice_kind(session: Session, row: CandidateRow) -> NoticeKind:
    """Who enters the program, or returns to it, is welcomed; by referrals one qualifies."""
    if qualifications.is_by_referrals(session, row):
        return NoticeKind.QUALIFIED
    return NoticeKind.WELCOME if row.from_tier is None else NoticeKind.PROMOTED
