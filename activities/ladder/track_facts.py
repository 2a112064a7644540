"""What notices say of tracks: facts from the rows, and whether they are still true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.mail.errand import Draft
from partners.calendars import calendar_of
from partners.domain.ladder import track
from partners.domain.mail.notices import NoticeKind
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy
from partners.mail.notice import Notice
from partners.mail.track_notice import TrackFacts, TrackLine
from partners.mail.transport import best_address
from partners.store.ladder import tracks
from partners.store.overrides import overrides
from partners.store.policy import policies
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.track_tables import TrackStepRow


def to_do(session: Session, partner: PartnerRow, now: datetime) -> TrackFacts | None:
    """The steps of the tier's track that the partner has yet to do; None if there are none."""
    _, policy = policies.required(session, now)
    name = track.track_name(policy, partner.tier)
    rows = tracks.steps_of(session, partner.partner_id, name) if name is not None else ()
    lines = _lines(policy, (row for row in rows if row.done_on is None))
    return TrackFacts(lines) if lines else None


def _lines(policy: Policy, rows: Iterable[TrackStepRow]) -> tuple[TrackLine, ...]:
    """Steps that the policy has no more are left out: nobody is to do them."""
    return tuple(
        TrackLine(track.known_step(policy, row.track, row.step), row.due_on)
        for row in rows
        if track.has_step(policy, row.track, row.step)
    )


def ending(session: Session, partner_id: str, expires_on: date) -> Sequence[TrackStepRow]:
    """The partner's steps that count until that day, and no longer."""
    row = TrackStepRow
    query = select(row).where(row.partner_id == partner_id, row.expires_on == expires_on)
    return session.scalars(query.order_by(row.track, row.position)).all()


def why_untrue(
    session: Session, partner_id: str, kind: NoticeKind, expires_on: date, now: datetime
) -> str | None:
    """Why a reminder, or the word that something has expired, must not go out any more (rule 14).
    None if it is still true."""
    partner = session.get_one(PartnerRow, partner_id)
    _, policy = policies.required(session, now)
    today = calendar_of(policy).day_of(now)
    if policy.tier(partner.tier or "") is None or not policy.enrolment.includes(partner_id):
        return "the partner is in no tier, or not acted upon"
    if any(row.kind == Override.BLOCK for row in overrides.in_force(session, partner_id, today)):
        return "the partner is blocked"
    if not _lines(policy, ending(session, partner_id, expires_on)):
        return "nothing ends on that day any more"
    if kind is NoticeKind.TRACK_REMINDER and today > expires_on:
        return "it has expired meanwhile"
    return None


def compose(
    session: Session, partner_id: str, kind: NoticeKind, expires_on: date, now: datetime
) -> Draft | str:
    """A reminder, or the word that something has expired; or why there is none."""
    if why := why_untrue(session, partner_id, kind, expires_on, now):
        return why
    partner = session.get_one(PartnerRow, partner_id)
    _, policy = policies.required(session, now)
    calendar = calendar_of(policy)
    tier = policy.tier(partner.tier or "")
    assert tier is not None
    notice = Notice(
        kind=kind,
        policy=policy,
        tier=tier,
        partner_id=partner_id,
        partner_name=partner.name,
        language=partner.language or policy.program.language,
        today=calendar.day_of(now),
        track=TrackFacts(_lines(policy, ending(session, partner_id, expires_on)), expires_on),
    )
    to = best_address(partner.email, partner.fallback_email)
    last = calendar.end_of(expires_on) if kind is NoticeKind.TRACK_REMINDER else None
    return Draft(notice, [to], partner_id, not_after=last)
