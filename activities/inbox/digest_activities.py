"""The daily digest of the inbox: one e-mail to staff, only if something waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from temporalio import activity

from activities.inbox import waiting_mail
from activities.inbox.inbox import inbox
from activities.judging.corrections import settle_rechecks
from activities.mail.errand import Draft
from activities.mail.mail_handover import hand_over
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.inbox.inbox import InboxItem
from partners.domain.mail.notices import NoticeKind, inbox_key
from partners.domain.mail.staff_notice import StaffSent
from partners.domain.webhooks.view import SendDigest
from partners.mail.notice import Notice
from partners.store.policy import policies


class InboxActivities(Activities):
    """Tells staff what waits for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_inbox_digest(self, request: SendDigest) -> StaffSent:
        """Send the digest of one program day, once; safe to repeat, for the day is its key."""
        now = program_now(self._services.clock)
        database, clock = self._services.database, self._services.clock
        with database.read() as session:
            _, policy = policies.required(session, now)
            day = calendar_of(policy).day_of(clock.program_time(request.due_at))
        # Before the inbox is read, and committed by then: what needs nobody is not listed.
        waiting_mail.withdraw_elsewhere(database, now)
        settle_rechecks(database, now)
        items = inbox(database, now)
        handed = hand_over(
            self._services,
            inbox_key(day),
            NoticeKind.INBOX_DIGEST,
            lambda session: _compose(session, items, now),
            now,
        )
        return StaffSent(handed.result, handed.detail)


def _compose(session: Session, items: list[InboxItem], now: datetime) -> Draft | str:
    newest = policies.newest(session)
    if newest is None or not items:
        return "nothing waits for a person"
    policy = newest[1]
    notice = Notice(
        kind=NoticeKind.INBOX_DIGEST,
        policy=policy,
        tier=policy.tiers[-1],
        partner_id="",
        partner_name="",
        language=policy.program.language,
        today=calendar_of(policy).day_of(now),
        inbox=tuple(items),
    )
    return Draft(notice, list(policy.staff.emails))
