"""The enablement track of who has just become a reseller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.policy.referral_policy import step_label
from partners.store.people.known_partner import known_partner, locked_partner
from partners.store.policy import policies
from partners.store.referrals import qualifications
from partners.store.tables.referral_tables import ChecklistRow
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.copying import copied
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
        known_partner(session, partner_id)
        return _steps(_rows(session, partner_id))


def tick(by: Manager, partner_id: str, step: str, notes: str = "") -> list[ChecklistStep]:
    """Say that a step is done. Said again it changes nothing: the first tick stays on record."""
    with by.database.write() as session:
        locked_partner(session, partner_id)
        rows = _rows(session, partner_id)
        row = _chosen(rows, step)
        if row.done_on is None:
            now = by.now()
            row.done_on = calendar_of(policies.required(session, now)[1]).day_of(now)
            row.who, row.notes = by.name, notes or None
        return _steps(rows)


def untick(by: Manager, partner_id: str, step: str) -> list[ChecklistStep]:
    """Take a tick back."""
    with by.database.write() as session:
        locked_partner(session, partner_id)
        rows = _rows(session, partner_id)
        row = _chosen(rows, step)
        row.done_on = row.who = row.notes = None
        return _steps(rows)


def _rows(session: Session, partner_id: str) -> Sequence[ChecklistRow]:
    rows = qualifications.checklist(session, partner_id)
    if not rows:
        raise NoChecklist(partner_id)
    return rows


def _chosen(rows: Sequence[ChecklistRow], step: str) -> ChecklistRow:
    chosen = next((row for row in rows if row.step == step), None)
    if chosen is None:
        raise UnknownStep(step, tuple(row.step for row in rows))
    return chosen


def _steps(rows: Sequence[ChecklistRow]) -> list[ChecklistStep]:
    return [copied(ChecklistStep, row, label=step_label(row.step)) for row in rows]
