"""Notices about referrals, to partners and staff: composed from what is known when they go out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from temporalio import activity

from activities.mail.errand import Draft
from activities.mail.mail_handover import hand_over
from activities.referrals import referral_facts
from activities.referrals.referral_file import ReferralFile
from activities.referrals.referral_mails import referral_mails
from activities.services import Activities, Services, program_now
from partners.domain.referrals.view import ReferralsTold, TellReferrals
from partners.mail.notice import Notice
from partners.mail.transport import best_address
from partners.store.policy import policies
from partners.store.referrals import referral_news
from partners.store.tables.referral_tables import ReferralNewsRow


class ReferralNoticeActivities(Activities):
    """E-mails about referrals."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_referral_notice(self, request: TellReferrals) -> ReferralsTold:
        """Send one notice once; safe to repeat, for its key decides.

        It is told whatever the provider answers: no status and no money hang on it. Only a kill
        switch, an hour at which nothing is sent, or an answer that nobody saw, leaves it open.
        """
        now = program_now(self._services.clock)
        with self._services.database.read() as session:
            row = session.get_one(ReferralNewsRow, request.news_id)
        handed = hand_over(
            self._services,
            row.key,
            row.kind,
            lambda session: _compose(session, request.news_id, now),
            now,
        )
        if not handed.result.is_open:
            words = f"{handed.result}: {handed.detail}" if handed.detail else handed.result
            with self._services.database.write() as session:
                referral_news.told(session, request.news_id, words, now)
        until = handed.until and self._services.clock.real_time(handed.until)
        with self._services.database.read() as session:
            mails = referral_mails(session, request.partner_id, now, self._services)
        return ReferralsTold(handed.result, handed.detail, until, mails)


def _compose(session: Session, news_id: int, now: datetime) -> Draft | str:
    """The facts of the notice, or why it must not go out any more (rule 14)."""
    row = session.get_one(ReferralNewsRow, news_id)
    kind = row.kind
    file = ReferralFile.of(session, row.partner_id, now)
    if file is None:
        return "the policy has no terms of referring any more"
    if why := referral_facts.why_not(file, row):
        return why
    policy, partner = file.policy, file.partner
    tier = policy.entry_tier or policy.tiers[-1]
    notice = Notice(
        kind=kind,
        policy=policy,
        tier=tier,
        partner_id=partner.partner_id,
        partner_name=partner.name,
        language=policy.program.language
        if kind.to_staff
        else partner.language or policy.program.language,
        today=file.today,
        referral=referral_facts.facts(file, row),
    )
    if kind.to_staff:
        newest = policies.newest(session)
        staff = (newest[1] if newest else policy).staff
        return Draft(notice, list(staff.emails))
    to = best_address(partner.email, partner.fallback_email)
    return Draft(notice, [to], partner.partner_id)
