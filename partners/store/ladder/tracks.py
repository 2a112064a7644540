"""Tracks of partners: begun, said, confirmed, taken back. Callers have locked the partner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.ladder import track
from partners.domain.ladder.track import is_news
from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.track_policy import CHECKLIST, TrackStep
from partners.domain.time.calendar import ProgramCalendar
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.track_tables import TrackStepRow


def steps_of(session: Session, partner_id: str, name: str | None = None) -> Sequence[TrackStepRow]:
    """A partner's steps, those of a track in their order; of all tracks where none is named."""
    row = TrackStepRow
    query = select(row).where(row.partner_id == partner_id)
    if name is not None:
        query = query.where(row.track == name)
    return session.scalars(query.order_by(row.track, row.position, row.step)).all()


def begin(
    session: Session,
    partner_id: str,
    name: str | None,
    policy: Policy,
    calendar: ProgramCalendar,
    day: date,
) -> list[TrackStepRow]:
    """Write the steps of a track down for a partner, due from that day on; what stands there
    already stays. None where there is no such track; returns the steps that are new to them."""
    found = policy.track(name)
    if found is None or name is None:
        return []
    known = {row.step: row for row in steps_of(session, partner_id, name)}
    begun = []
    for position, step in enumerate(found.steps):
        row = known.get(step.key)
        if row is not None and row.began_on is not None:
            continue
        row = row or write_down(session, partner_id, name, step.key, policy)
        row.began_on, row.position = day, position
        if row.done_on is None:
            row.due_on = track.due_on(step, day, calendar)
        begun.append(row)
    session.flush()
    return begun


def begin_checklist(
    session: Session, partner: PartnerRow, policy: Policy, calendar: ProgramCalendar, day: date
) -> None:
    """What awaits who qualified by referrals: the track of their tier has begun with it; where
    that names none, the checklist."""
    if track.track_name(policy, partner.tier) is None:
        begin(session, partner.partner_id, CHECKLIST, policy, calendar, day)


def write_down(
    session: Session, partner_id: str, name: str, key: str, policy: Policy
) -> TrackStepRow:
    """A step of which nothing is known yet, in its place among the others of its track."""
    found = policy.track(name)
    keys = [step.key for step in found.steps] if found is not None else []
    position = keys.index(key) if key in keys else len(keys)
    row = TrackStepRow(partner_id=partner_id, track=name, step=key, position=position)
    session.add(row)
    return row


def say(row: TrackStepRow, on: date, who: str, at: datetime) -> bool:
    """Note that a step is said to have been done on a day; False if that is no news."""
    if not is_news(row.days, on):
        return False
    row.said_on, row.said_by, row.said_at = on, who, at
    return True


def confirm(row: TrackStepRow, step: TrackStep, on: date, who: str) -> bool:
    """A step counts as done on a day; what is said of it is settled. False if that is no news."""
    settled = row.said_on is not None
    if settled:
        row.said_on = row.said_by = row.said_at = None
    if not is_news(row.days, on):
        return settled
    row.done_on, row.done_by = on, who
    row.expires_on, row.certifies = track.expires_on(step, on), step.certifies
    row.reminded_on = row.lapse_told_on = None
    return True


def take_back(row: TrackStepRow, why: str | None) -> bool:
    """A step is not done after all: what waits is refused; if nothing waits, the confirmation is
    taken back. False if there is neither."""
    if row.said_on is not None:
        row.said_on = row.said_by = row.said_at = None
    elif row.done_on is not None:
        row.done_on = row.done_by = row.expires_on = row.certifies = None
        row.reminded_on = row.lapse_told_on = None
    else:
        return False
    row.notes = why
    return True
