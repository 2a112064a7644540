"""The steps that get a new reseller going: the track that begins when a referral partner has
qualified, ticked by staff. A tick is staff's word, so it confirms the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.ladder import track
from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.track_policy import CHECKLIST
from partners.store.ladder import tracks
from partners.store.people.known_partner import known_partner, locked_partner
from partners.store.policy import policies
from partners.store.record import recorder
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.track_tables import TrackStepRow
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.ladder.ladder_refusals import NoChecklist, UnknownStep


@dataclass(frozen=True)
class ChecklistStep:
    """One step; not done as long as it has no day."""

    step: str
    label: str
    done_on: date | None
    who: str | None
    notes: str | None


def checklist(by: Viewer, partner_id: str) -> list[ChecklistStep]:
    """The steps that get a new reseller going, in their order."""
    with by.database.read() as session:
        partner = known_partner(session, partner_id)
        _, policy = policies.required(session, by.now())
        return _steps(policy, _rows(session, policy, partner))


def tick(by: Manager, partner_id: str, step: str, notes: str = "") -> list[ChecklistStep]:
    """Say that a step is done. Said again it changes nothing: the first tick stays on record."""
    now = by.now()
    with by.database.write() as session:
        partner = locked_partner(session, partner_id)
        recorder.sign(session, by.name, now)
        _, policy = policies.required(session, now)
        rows = _rows(session, policy, partner)
        row = _chosen(rows, step)
        if row.done_on is None:
            known = track.known_step(policy, row.track, step)
            day = row.said_on or calendar_of(policy).day_of(now)
            tracks.confirm(row, known, day, by.name)
            row.notes = notes or None
        return _steps(policy, rows)


def untick(by: Manager, partner_id: str, step: str) -> list[ChecklistStep]:
    """Take a tick back."""
    now = by.now()
    with by.database.write() as session:
        partner = locked_partner(session, partner_id)
        recorder.sign(session, by.name, now)
        _, policy = policies.required(session, now)
        rows = _rows(session, policy, partner)
        tracks.take_back(_chosen(rows, step), None)
        return _steps(policy, rows)


def _rows(session: Session, policy: Policy, partner: PartnerRow) -> Sequence[TrackStepRow]:
    """Of the checklist; of the tier's track for whom that began instead."""
    rows = tracks.steps_of(session, partner.partner_id, CHECKLIST)
    own = track.track_name(policy, partner.tier)
    if not rows and own is not None:
        rows = tracks.steps_of(session, partner.partner_id, own)
    if not rows:
        raise NoChecklist(partner.partner_id)
    return rows


def _chosen(rows: Sequence[TrackStepRow], step: str) -> TrackStepRow:
    chosen = next((row for row in rows if row.step == step), None)
    if chosen is None:
        raise UnknownStep(step, tuple(row.step for row in rows))
    return chosen


def _steps(policy: Policy, rows: Sequence[TrackStepRow]) -> list[ChecklistStep]:
    return [
        ChecklistStep(
            row.step,
            track.known_step(policy, row.track, row.step).label,
            row.done_on,
            row.done_by,
            row.notes,
        )
        for row in rows
    ]
