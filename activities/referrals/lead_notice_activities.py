"""Notices about leads, to the reseller who is to work one and to the provider's own sales."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from temporalio import activity

from activities.mail.errand import Draft
from activities.mail.mail_handover import hand_over
from activities.referrals.lead_file import LeadFile, reminder_key
from activities.services import Activities, Services, program_now, who_acts
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy, Tier
from partners.domain.referrals.lead_view import LeadTold, TellLead
from partners.mail.notice import Notice
from partners.mail.referral_notice import LeadFacts
from partners.mail.send_rules import SendRules
from partners.mail.transport import best_address
from partners.store.referrals.leads import BY_PERSON
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import LeadTurnRow


class LeadNoticeActivities(Activities):
    """E-mails about leads."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_lead_notice(self, request: TellLead) -> LeadTold:
        """Send one notice once; safe to repeat, for its key decides.

        That the seller was told is read from the message itself, at the next look.
        """
        now, rules = program_now(self._services.clock), self._services.rules
        handed = hand_over(
            self._services,
            request.key,
            kind_of(request.key),
            lambda session: compose(session, request.key, now, rules),
            now,
        )
        until = handed.until and self._services.clock.real_time(handed.until)
        return LeadTold(handed.result, handed.detail, until)


def kind_of(key: str) -> NoticeKind:
    to_sales = key.endswith("/sales")
    return NoticeKind.LEAD_SALES if to_sales else NoticeKind.LEAD_ASSIGNED


def why_untrue(session: Session, key: str, now: datetime) -> str | None:
    """Why a notice must not go out any more; None if it is still true (rule 14)."""
    turn = _turn(session, key)
    return _why_not(LeadFile.of(session, turn.referral_id, now, who_acts()), turn)


def _turn(session: Session, key: str) -> LeadTurnRow:
    return session.get_one(LeadTurnRow, int(key.split("/")[1]))


def _why_not(file: LeadFile | None, turn: LeadTurnRow) -> str | None:
    if file is None or file.market is None:
        return "the policy hands no leads over any more"
    if not file.goes_on:
        return f"the referral is {file.referral.state} by now"
    if turn.end is not None:
        return f"the lead has gone on: {turn.end}"
    if turn.taken_at is not None:
        return "the lead is taken by now"
    return None


def compose(session: Session, key: str, now: datetime, rules: SendRules) -> Draft | str:
    """The facts of the notice, or why it must not go out any more."""
    turn = _turn(session, key)
    file = LeadFile.of(session, turn.referral_id, now, who_acts())
    if why := _why_not(file, turn):
        return why
    assert file is not None
    assert file.market is not None
    if turn.partner_id is None:
        return _to_sales(file, turn)
    partner = session.get_one(PartnerRow, turn.partner_id)
    answer_by = file.market.due(turn.told_at or now)
    facts = LeadFacts(
        lead_ref=file.referral.lead_ref,
        service=file.referral.service or "",
        reminder=key == reminder_key(turn),
        days=file.market.routing.untouched_days,
        answer_by=answer_by,
        leads_url=file.market.routing.leads_url or "",
        answer_url=rules.links.lead_url(turn.turn_id),
    )
    notice = Notice(
        kind=NoticeKind.LEAD_ASSIGNED,
        policy=file.policy,
        tier=_tier(file.policy, partner.tier),
        partner_id=partner.partner_id,
        partner_name=partner.name,
        language=partner.language or file.policy.program.language,
        today=file.today,
        lead=facts,
    )
    not_after = (
        file.calendar.end_of(facts.answer_by) if facts.reminder and facts.answer_by else None
    )
    to = best_address(partner.email, partner.fallback_email)
    return Draft(notice, [to], partner.partner_id, not_after=not_after)


def _to_sales(file: LeadFile, turn: LeadTurnRow) -> Draft:
    assert file.market is not None
    facts = LeadFacts(
        lead_ref=file.referral.lead_ref,
        service=file.referral.service or "",
        leads_url=file.market.routing.leads_url or "",
        referral_id=file.referral.referral_id,
        asked=len({one.partner_id for one in file.turns if one.partner_id}),
        by_person=turn.way == BY_PERSON,
    )
    notice = Notice(
        kind=NoticeKind.LEAD_SALES,
        policy=file.policy,
        tier=_tier(file.policy, None),
        partner_id="",
        partner_name="",
        language=file.policy.program.language,
        today=file.today,
        lead=facts,
    )
    return Draft(notice, [file.market.routing.sales_email])


def _tier(policy: Policy, key: str | None) -> Tier:
    """The tier of whom it is about; one that is no more does not matter, for no mail names it."""
    return next((tier for tier in policy.tiers if tier.key == key), policy.tiers[-1])
