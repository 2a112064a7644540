"""Telling partners whose standards change with a new policy, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.mail import page_telling
from activities.mail.errand import Draft
from activities.mail.mail_handover import Handed, hand_over
from activities.mail.protocol import Attempt
from activities.services import Activities, Services
from partners.calendars import calendar_of
from partners.domain.mail.notices import NoticeKind, policy_key
from partners.domain.mail.staff_notice import PageTold, TellPage
from partners.domain.policy.policy import Policy
from partners.domain.policy.policy_change import (
    CriterionChange,
    DiscountChange,
    dearer,
    standards_changes,
)
from partners.mail.notice import Notice, PolicyChange
from partners.mail.transport import best_address
from partners.store.cases import cases
from partners.store.policy import policies
from partners.store.tables.program_tables import PartnerRow

PAGE = 50
"""Messages of one activity: they go one after the other, so never faster than the provider."""


@dataclass(frozen=True)
class Announcement:
    """What a published version changes, tier by tier, against what was in force before it."""

    version: int
    new: Policy
    old: Policy
    effective_from: date
    by_tier: dict[str, tuple[CriterionChange, ...]]  # tiers whose partners are told
    replaces: dict[str, date]  # by tier: when an announced change would have applied
    discounts: dict[str, DiscountChange]  # of tiers in which offers get dearer
    discounts_stay: frozenset[str]  # tiers of which only a discount was announced to change

    def concerns(self, partner_id: str, tier: str | None) -> bool:
        """Whether a partner is told: their tier changes, and the program acts upon them."""
        return tier in self.by_tier and self.new.enrolment.includes(partner_id)


def announcement(session: Session, version: int) -> Announcement | None:
    """What is to be told of a version; None for one that was never put off, or was replaced."""
    days = policies.effects(session)
    effective_from = days.get(version)
    if effective_from is None or policies.replaced_by(days, version) is not None:
        return None
    before = policies.in_force(session, effective_from - timedelta(days=1))
    if before is None:
        return None
    old, new = before[1], policies.load(session, version)
    by_tier = {tier.key: standards_changes(old, new, tier.key) for tier in new.tiers}
    by_tier = {key: changes for key, changes in by_tier.items() if changes}
    discounts = {t.key: found for t in new.tiers if (found := dearer(old, new, t.key)) is not None}
    for key in discounts:
        by_tier.setdefault(key, ())
    replaces: dict[str, date] = {}
    discounts_stay = set[str]()
    for other in policies.replaces(days, version):
        announced = policies.load(session, other)
        for tier in new.tiers:
            standards = standards_changes(old, announced, tier.key)
            if standards or dearer(old, announced, tier.key):
                replaces[tier.key] = days[other]
                if not by_tier.setdefault(tier.key, ()) and not standards:
                    discounts_stay.add(tier.key)
    return Announcement(
        version,
        new,
        old,
        effective_from,
        by_tier,
        replaces,
        discounts,
        frozenset(discounts_stay - discounts.keys()),
    )


def concerned(session: Session, news: Announcement) -> list[str]:
    """Everybody who is told."""
    query = select(PartnerRow.partner_id).where(PartnerRow.tier.in_(news.by_tier))
    ids = session.scalars(query.order_by(PartnerRow.partner_id))
    return [partner_id for partner_id in ids if news.new.enrolment.includes(partner_id)]


class PolicyChangeActivities(Activities):
    """E-mails to partners about standards that change."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def tell_page(self, request: TellPage) -> PageTold:
        """Tell the next partners, each once: the message's key decides.

        Heartbeats the last one told, and goes on from there after a crash. A kill switch ends the
        page where it is.
        """
        clock, attempt = self._services.clock, Attempt.running()
        page = page_telling.so_far(activity.info().heartbeat_details, request.after)
        with self._services.database.read() as session:
            news = announcement(session, request.version)
            ids = _next_ids(session, news, page.last_id or "")
        if news is None or not ids:
            return replace(page, last_id=None)
        return page_telling.tell_all(
            page, ids, lambda partner_id: self._tell(news, partner_id, attempt.now(clock)), clock
        )

    def _tell(self, news: Announcement, partner_id: str, now: datetime) -> Handed:
        return hand_over(
            self._services,
            policy_key(news.version, partner_id),
            NoticeKind.STANDARDS_CHANGED,
            lambda session: compose(session, news, partner_id, now),
            now,
        )


def _next_ids(session: Session, news: Announcement | None, after: str) -> Sequence[str]:
    """The next page's partners in those tiers, whether or not each is told."""
    if news is None:
        return []
    row = PartnerRow
    query = select(row.partner_id).where(row.tier.in_(news.by_tier), row.partner_id > after)
    return session.scalars(query.order_by(row.partner_id).limit(PAGE)).all()


def compose(session: Session, news: Announcement, partner_id: str, now: datetime) -> Draft | str:
    """What one partner is told: old and new standards of their tier, and from when."""
    partner = session.get_one(PartnerRow, partner_id)
    tier = news.new.tier(partner.tier or "")
    if tier is None or not news.concerns(partner_id, partner.tier):
        return "nothing changes for this partner"
    case = cases.newest_case_of(session, partner_id)
    notice = Notice(
        kind=NoticeKind.STANDARDS_CHANGED,
        policy=news.new,
        tier=tier,
        partner_id=partner_id,
        partner_name=partner.name,
        language=partner.language or news.new.program.language,
        today=calendar_of(news.new).day_of(now),
        change=PolicyChange(
            news.version,
            news.old,
            news.effective_from,
            news.by_tier[tier.key],
            replaces=news.replaces.get(tier.key),
            discount=news.discounts.get(tier.key),
            discount_stays=tier.key in news.discounts_stay,
            has_case=case is not None and case.closed_at is None and case.warned_at is not None,
        ),
    )
    to = best_address(partner.email, partner.fallback_email)
    # New standards are told before they apply, whatever the hour.
    applies = calendar_of(news.new).start_of(news.effective_from)
    return Draft(notice, [to], partner_id, not_after=applies)
