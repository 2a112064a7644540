"""Telling partners that an offer gets dearer for them, or does not after all, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.mail import page_telling
from activities.mail.errand import Draft
from activities.mail.mail_handover import Handed, hand_over
from activities.mail.protocol import Attempt
from activities.services import Activities, Services
from partners.calendars import calendar_of
from partners.domain.mail.notices import (
    MailState,
    NoticeKind,
    price_key,
    price_run,
    price_withdrawn_key,
)
from partners.domain.mail.staff_notice import PageTold, TellPrice
from partners.domain.offers.price_rise import Rise
from partners.mail.notice import Notice
from partners.mail.offer_notice import PriceNews
from partners.mail.transport import best_address
from partners.store.offers import offer_facts, price_rises
from partners.store.offers.offer_moment import moment
from partners.store.policy import policies
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.offer_tables import OfferRow, PriceRow
from partners.store.tables.program_tables import PartnerRow

PAGE = 50
"""Messages of one activity: they go one after the other, so never faster than the provider."""


@dataclass(frozen=True)
class Change:
    """A price that begins, or is over, on a day; `stands` False: it was taken back, or moved."""

    price_id: int
    day: date
    offer_id: str
    stands: bool

    def key(self, partner_id: str) -> str:
        key = price_key if self.stands else price_withdrawn_key
        return key(self.price_id, self.day, partner_id)


class PriceChangeActivities(Activities):
    """E-mails to partners about prices that rise."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def tell_price_page(self, request: TellPrice) -> PageTold:
        """Tell the next of those for whom the offer gets dearer, each once; or, where the price was
        taken back, those who had been told of it."""
        clock, attempt = self._services.clock, Attempt.running()
        page = page_telling.so_far(activity.info().heartbeat_details, request.after)
        with self._services.database.read() as session:
            change = change_of(session, request.price_id, request.day)
            ids, last_id = _next_ids(session, change, page.last_id or "", attempt.now(clock))
        told = page_telling.tell_all(
            page, ids, lambda partner_id: self._tell(change, partner_id, attempt.now(clock)), clock
        )
        return told if told.stopped else replace(told, last_id=last_id)

    def _tell(self, change: Change, partner_id: str, now: datetime) -> Handed:
        return hand_over(
            self._services,
            change.key(partner_id),
            NoticeKind.PRICE_CHANGE,
            lambda session: compose(session, change, partner_id, now),
            now,
        )


def change_of(session: Session, price_id: int, day: date) -> Change:
    row = session.get_one(PriceRow, price_id)
    return Change(price_id, day, row.offer_id, price_rises.stands(row, day))


def _next_ids(
    session: Session, change: Change, after: str, now: datetime
) -> tuple[Sequence[str], str | None]:
    """Whom the next page tells, and who was looked at last; None: there is nobody after them."""
    if not change.stands:
        told = _were_told(session, change, after)
        return told, told[-1] if len(told) == PAGE else None
    row = session.get_one(PriceRow, change.price_id)
    ids = price_rises.concerned(session, row, after)
    dearer = price_rises.told_of(session, row, change.day, now, ids)
    tell = [partner_id for partner_id in ids if partner_id in dearer]
    if len(tell) > PAGE:
        return tell[:PAGE], tell[PAGE - 1]
    return tell, ids[-1] if len(ids) == price_rises.PAGE else None


def _were_told(session: Session, change: Change, after: str) -> Sequence[str]:
    """The next partners to whom a message about the rise went out, or may have."""
    run = price_run(change.price_id, change.day)
    row = OutboxRow
    query = select(row.partner_id).where(
        row.kind == NoticeKind.PRICE_CHANGE,
        row.notice_key == f"{run}/" + row.partner_id,
        row.state.in_((MailState.ACCEPTED, MailState.WAITING, MailState.UNKNOWN)),
        row.partner_id > after,
    )
    found = session.scalars(query.distinct().order_by(row.partner_id).limit(PAGE))
    return [partner_id for partner_id in found if partner_id is not None]


def compose(session: Session, change: Change, partner_id: str, now: datetime) -> Draft | str:
    """What one partner is told; or why it is not true any more (rule 14)."""
    if change_of(session, change.price_id, change.day) != change:
        return "the price was taken back" if change.stands else "the price is set again"
    policy = policies.required(session, now)[1]
    if not policy.enrolment.includes(partner_id):
        return "the program does not act upon this partner"
    offer = session.get_one(OfferRow, change.offer_id)
    if change.stands:
        row = session.get_one(PriceRow, change.price_id)
        found = price_rises.told_of(session, row, change.day, now, [partner_id])
        if partner_id not in found:
            return "the offer does not get dearer for this partner"
        news = _dearer(offer, change, found[partner_id])
    else:
        answers = offer_facts.answers(
            session, partner_id, [offer.offer_id], None, moment(session, now, now)
        )
        if not any(answer.visible for answer in answers):
            return "the partner does not see the offer any more"
        currency = policy.program.currency
        news = PriceNews(offer.name, change.day, currency, answers[0].price, withdrawn=True)
    partner = session.get_one(PartnerRow, partner_id)
    notice = Notice(
        kind=NoticeKind.PRICE_CHANGE,
        policy=policy,
        tier=(policy.tier(partner.tier) if partner.tier else None) or policy.tiers[0],
        partner_id=partner_id,
        partner_name=partner.name,
        language=partner.language or policy.program.language,
        today=calendar_of(policy).day_of(now),
        price=news,
    )
    to = best_address(partner.email, partner.fallback_email)
    # A dearer price is told before it holds, whatever the hour.
    return Draft(notice, [to], partner_id, not_after=calendar_of(policy).start_of(change.day))


def _dearer(offer: OfferRow, change: Change, found: Rise) -> PriceNews:
    return PriceNews(offer.name, change.day, found.currency, found.before, found.after)
