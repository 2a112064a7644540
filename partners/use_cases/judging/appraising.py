"""Qualities that no number measures, judged by a named reviewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners.calendars import calendar_of
from partners.domain.policy.entering import unknown_quality
from partners.errors import Refusal
from partners.store.judging import appraisals
from partners.store.people.known_partner import known_partner, locked_partner
from partners.store.policy import policies
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.copying import copied
from partners.use_cases.refusals import DayAhead, signed


@dataclass(eq=False)
class UnknownQuality(Refusal):
    """The policy has no qualitative criterion of this name."""

    says = "{criterion}: {why}"

    criterion: str
    why: str


@dataclass(frozen=True)
class Appraisal:
    """One judgement; it counts until it expires, or until a newer one."""

    criterion: str
    met: bool
    appraised_on: date
    expires_on: date
    reviewer: str
    notes: str


@dataclass(frozen=True)
class Appraised:
    """What was recorded, and how people call the quality."""

    label: str
    appraisal: Appraisal


def appraisals_of(by: Viewer, partner_id: str) -> list[Appraisal]:
    """What is recorded about a partner, the newest first."""
    with by.database.read() as session:
        known_partner(session, partner_id)
        return [copied(Appraisal, row) for row in appraisals.appraisals_of(session, partner_id)]


def appraise(
    by: Manager, partner_id: str, criterion: str, met: bool, notes: str, on: date | None = None
) -> Appraised:
    """Record an appraisal of a day, by default today. The newest one counts."""
    signed(by=by.name, notes=notes)
    with by.database.write() as session:
        locked_partner(session, partner_id)
        now = by.now()
        _, policy = policies.required(session, now)
        quality = policy.quality(criterion)
        if quality is None:
            raise UnknownQuality(criterion, unknown_quality(criterion, policy.qualities))
        today = calendar_of(policy).day_of(now)
        day = on or today
        if day > today:
            raise DayAhead("appraisal", day, today)
        row = appraisals.appraise(
            session,
            partner_id,
            criterion,
            quality,
            met=met,
            reviewer=by.name,
            notes=notes,
            on=day,
        )
        return Appraised(quality.label, copied(Appraisal, row))
