"""Steps of tracks that need somebody: of many partners, read page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Select, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.track_policy import CHECKLIST
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.track_tables import TrackStepRow

PAGE = 500
LATELY = timedelta(days=30)
"""What expired longer ago, as when old certificates are imported, is told to nobody."""


class Listed(NamedTuple):
    """A step, and whose it is."""

    row: TrackStepRow
    name: str
    tier: str


_IN_PROGRAM = (PartnerRow.tier.is_not(None), PartnerRow.left_on.is_(None))


def _query() -> Select[TrackStepRow, str, str | None]:
    """Steps of partners who are in a tier, with the partner's name and tier."""
    query = select(TrackStepRow, PartnerRow.name, PartnerRow.tier)
    join = PartnerRow.partner_id == TrackStepRow.partner_id
    return query.join(PartnerRow, join).where(*_IN_PROGRAM)


def attention(session: Session, policy: Policy, today: date, days: int) -> Iterator[Listed]:
    """What waits, is late or due within so many days, and what has expired or soon does: by
    partner, in pages that each know where the one before ended."""
    row, last = TrackStepRow, today + timedelta(days=days)
    soon = today + timedelta(days=_longest_reminder(policy))
    tracks = {tier.key: tier.track for tier in policy.tiers if tier.track}
    own = [and_(PartnerRow.tier == key, row.track == name) for key, name in tracks.items()]
    due = and_(row.done_on.is_(None), row.due_on <= last, or_(row.track == CHECKLIST, *own))
    wanted = or_(row.said_on.is_not(None), due, row.expires_on <= soon)
    key = tuple_(row.partner_id, row.track, row.step)
    query = _query().where(wanted).order_by(row.partner_id, row.track, row.step).limit(PAGE)
    after: tuple[str, str, str] = ("", "", "")
    while page := session.execute(query.where(key > after)).all():
        for step, name, tier in page:
            yield Listed(step, name, tier or "")
        newest = page[-1][0]
        after = (newest.partner_id, newest.track, newest.step)


def to_begin(session: Session, policy: Policy, after: str, limit: int) -> Sequence[str]:
    """The next partners, by id, whose tier's track has a step that has not begun for them."""
    row, partner = TrackStepRow, PartnerRow
    lacking = [
        and_(
            partner.tier == tier.key,
            ~exists().where(
                row.partner_id == partner.partner_id,
                row.track == tier.track,
                row.step == step.key,
                row.began_on.is_not(None),
            ),
        )
        for tier in policy.tiers
        if (found := policy.track(tier.track)) is not None
        for step in found.steps
    ]
    if not lacking:
        return []
    query = select(partner.partner_id).where(*_IN_PROGRAM, or_(*lacking))
    query = query.where(partner.partner_id > after).order_by(partner.partner_id)
    return session.scalars(query.limit(limit)).all()


def to_tell(
    session: Session, policy: Policy, today: date, after: str, limit: int
) -> Sequence[TrackStepRow]:
    """Steps that expire soon, or have lately, and of which the next partners are not told yet: all
    of such a partner, by partner and day. Whether one is due is for its own track to say."""
    row = TrackStepRow
    soon = today + timedelta(days=_longest_reminder(policy))
    ends = and_(row.reminded_on.is_(None), row.expires_on >= today, row.expires_on <= soon)
    ended = and_(
        row.lapse_told_on.is_(None), row.expires_on < today, row.expires_on >= today - LATELY
    )
    who = select(row.partner_id).join(PartnerRow).where(*_IN_PROGRAM, or_(ends, ended))
    who = who.where(row.partner_id > after).distinct().order_by(row.partner_id).limit(limit)
    ids = session.scalars(who).all()
    query = select(row).where(row.partner_id.in_(ids), or_(ends, ended))
    return session.scalars(query.order_by(row.partner_id, row.expires_on, row.position)).all()


def _longest_reminder(policy: Policy) -> int:
    return max([track.remind_days for track in policy.tracks.values()], default=0)


def waiting(session: Session) -> Sequence[TrackStepRow]:
    """What is said to be done and waits for confirmation, said first leading."""
    row = TrackStepRow
    query = select(row).where(row.said_on.is_not(None))
    return session.scalars(query.order_by(row.said_at, row.partner_id, row.track, row.step)).all()


def expired(session: Session, first: date, before: date) -> Iterator[Listed]:
    """What counted until a day between these, of partners in a tier, expired first leading."""
    row = TrackStepRow
    query = _query().where(row.expires_on >= first, row.expires_on < before)
    query = query.order_by(row.expires_on, row.partner_id, row.track, row.step)
    for step, name, tier in session.execute(query):
        yield Listed(step, name, tier or "")
