"""Notices to staff that belong to no case: a review that waits, partners told of a new policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.mail import mailed
from activities.mail.errand import Draft
from activities.mail.mail_handover import hand_over
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.cases.case import Permission
from partners.domain.judging.assessment import Verdict
from partners.domain.mail.notices import MailState, NoticeKind, price_run
from partners.domain.mail.staff_notice import StaffNotice, StaffSent
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.mail.notice import Audit, AuditedPartner, AuditTier, Notice, PolicyChange
from partners.mail.offer_notice import PriceNews
from partners.mail.words.audit_words import BELOW_MOST
from partners.store.cases import cases, guard
from partners.store.mail.mailed import by_key
from partners.store.policy import policies
from partners.store.reviews import reviews
from partners.store.tables.findings import from_json
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.offer_tables import OfferRow, PriceRow
from partners.store.tables.review_tables import ReviewAssessmentRow, ReviewRow


class StaffNoticeActivities(Activities):
    """E-mails to staff, whom the newest policy names."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_staff_notice(self, request: StaffNotice) -> StaffSent:
        """Send one notice to staff once; safe to repeat, for its key decides."""
        now = program_now(self._services.clock)
        compose = _COMPOSERS[request.kind]
        handed = hand_over(
            self._services,
            request.key,
            request.kind,
            lambda session: compose(_Desk(session, now), request),
            now,
        )
        with self._services.database.read() as session:
            calendar = calendar_of(policies.required(session, now)[1])
            found = by_key(session, request.key)
            mails = mailed.listed(found, {}, calendar, self._services)
        return StaffSent(handed.result, handed.detail, mails)


@dataclass(frozen=True)
class _Desk:
    """Where a notice to staff is put together."""

    session: Session
    now: datetime

    def draft(self, kind: NoticeKind, policy: Policy, **details: object) -> Draft:
        """A notice about no single partner; the tier is only a stand-in, and not shown."""
        newest = policies.newest(self.session)
        staff = (newest[1] if newest else policy).staff
        notice = Notice(
            kind=kind,
            policy=policy,
            tier=policy.tiers[-1],
            partner_id="",
            partner_name="",
            language=policy.program.language,
            today=calendar_of(policy).day_of(self.now),
            **details,  # type: ignore[arg-type]
        )
        return Draft(notice, list(staff.emails))


def _guard(desk: _Desk, request: StaffNotice) -> Draft | str:
    """A review waits for approval; not sent once a person has decided."""
    in_force = policies.in_force_at(desk.session, desk.now)
    if in_force is None or request.review_id is None:
        return "no review, or no policy"
    asked = guard.find(desk.session, request.review_id)
    if asked is not None and asked.state != Permission.WAITING:
        return f"{asked.request_id} was {asked.state} by {asked.who}"
    policy = in_force[1]
    return desk.draft(
        request.kind,
        policy,
        review_id=request.review_id,
        guard_list=request.partner_ids or tuple(asked.partner_ids if asked else ()),
        hold_detail=asked.detail if asked else "",
        waiting_since=asked and calendar_of(policy).day_of(asked.asked_at),
    )


def _policy_published(desk: _Desk, request: StaffNotice) -> Draft | str:
    """How many partners were told of a version, and who could not be."""
    assert request.policy_version is not None
    version = request.policy_version
    effective_from = policies.effects(desk.session).get(version)
    if effective_from is None:
        return "the version took effect at once"
    policy = policies.load(desk.session, version)
    states = _told(desk.session, NoticeKind.STANDARDS_CHANGED, f"policy/{version}/")
    untold = sorted(p for p, state in states if state != MailState.ACCEPTED)
    change = PolicyChange(
        version,
        policy,
        effective_from,
        told=len(states) - len(untold),
        untold=tuple(untold),
    )
    return desk.draft(request.kind, policy, change=change)


def _prices_told(desk: _Desk, request: StaffNotice) -> Draft | str:
    """Who could not be told that an offer gets dearer."""
    assert request.price_id is not None
    assert request.day is not None
    price = desk.session.get_one(PriceRow, request.price_id)
    offer = desk.session.get_one(OfferRow, price.offer_id)
    policy = policies.required(desk.session, desk.now)[1]
    prefix = f"{price_run(request.price_id, request.day)}/"
    states = _told(desk.session, NoticeKind.PRICE_CHANGE, prefix)
    untold = tuple(sorted(name for name, state in states if state != MailState.ACCEPTED))
    if not untold:
        return "everybody has been told since"
    news = PriceNews(
        offer.name,
        request.day,
        price.currency,
        offer_id=offer.offer_id,
        told=len(states) - len(untold),
        untold=untold,
    )
    return desk.draft(request.kind, policy, price=news)


def _audit(desk: _Desk, request: StaffNotice) -> Draft | str:
    """How each tier did in a quarterly audit, and who is below."""
    row = desk.session.get(ReviewRow, request.review_id) if request.review_id else None
    if row is None:
        return "no such review"
    policy = policies.load(desk.session, row.policy_version)
    counts = reviews.by_tier(desk.session, row.review_id)
    below = reviews.assessments(desk.session, row.review_id, Verdict.BELOW, BELOW_MOST)
    audit = Audit(
        row.period,
        Month.from_number(row.month),
        tuple(AuditTier(t, counts[t.key]) for t in policy.tiers if t.key in counts),
        tuple(_audited(desk.session, policy, found) for found in below),
    )
    return desk.draft(request.kind, policy, review_id=row.review_id, audit=audit)


def _audited(session: Session, policy: Policy, found: ReviewAssessmentRow) -> AuditedPartner:
    tier = policy.tier(found.tier)
    assert tier is not None
    has_case = cases.has_open_case(session, found.partner_id)
    return AuditedPartner(found.partner_id, tier, from_json(found.findings), has_case)


def _told(session: Session, kind: NoticeKind, prefix: str) -> list[tuple[str, str]]:
    """Partners and the state of their newest message of a run, whose keys begin so."""
    query = select(OutboxRow.partner_id, OutboxRow.state).where(
        OutboxRow.kind == kind, OutboxRow.message_key.startswith(prefix, autoescape=True)
    )
    rows = session.execute(query.order_by(OutboxRow.attempt))
    newest = {partner_id or "": state for partner_id, state in rows}
    return list(newest.items())


_COMPOSERS = {
    NoticeKind.GUARD: _guard,
    NoticeKind.POLICY_PUBLISHED: _policy_published,
    NoticeKind.AUDIT: _audit,
    NoticeKind.PRICES_TOLD: _prices_told,
}
