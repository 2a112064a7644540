"""Appraisals of qualities, and notes about partners: what people write down, dated and signed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.ladder.track import stands_for_quality
from partners.domain.policy.entering import Quality
from partners.domain.record.note_types import NoteType
from partners.domain.time.calendar import shift_months
from partners.store.tables.review_tables import AppraisalRow, PartnerNoteRow


def appraise(
    session: Session,
    partner_id: str,
    criterion: str,
    quality: Quality,
    *,
    met: bool,
    reviewer: str,
    notes: str,
    on: date,
) -> AppraisalRow:
    """Record an appraisal. It counts from that day until it expires, or until a newer one."""
    row = AppraisalRow(
        partner_id=partner_id,
        criterion=criterion,
        met=met,
        reviewer=reviewer,
        appraised_on=on,
        expires_on=shift_months(on, quality.expires_months),
        notes=notes,
    )
    session.add(row)
    session.flush()
    return row


def appraisals_of(session: Session, partner_id: str) -> Sequence[AppraisalRow]:
    """Every appraisal of a partner, the newest first."""
    query = select(AppraisalRow).where(AppraisalRow.partner_id == partner_id)
    newest = (AppraisalRow.appraised_on.desc(), AppraisalRow.appraisal_id.desc())
    return session.scalars(query.order_by(*newest)).all()


Certified = Mapping[str, Mapping[str, date]]
"""By partner and quality: when a certification that counts was earned."""


def qualities_met(
    session: Session, first: str, last: str, day: date, certified: Certified
) -> dict[str, frozenset[str]]:
    """The qualities that each partner of a range has on that day; who has none is left out.

    Of each quality the newest appraisal decides, the last recorded of one day. On the day on
    which it expires it still counts. A certification counts as one that is met, unless it was
    appraised as not met on its day or later.
    """
    row = AppraisalRow
    query = select(row.partner_id, row.criterion, row.met, row.expires_on, row.appraised_on)
    query = query.where(row.partner_id.between(first, last), row.appraised_on <= day)
    newest: dict[tuple[str, str], bool] = {}
    against: dict[tuple[str, str], date] = {}
    ordered = query.order_by(row.appraised_on, row.appraisal_id)
    for partner_id, criterion, met, expires_on, appraised_on in session.execute(ordered):
        newest[partner_id, criterion] = met and day <= expires_on
        against.pop((partner_id, criterion), None)
        if not met:
            against[partner_id, criterion] = appraised_on
    for partner_id, earned in certified.items():
        for criterion, done_on in earned.items():
            if stands_for_quality(done_on, against.get((partner_id, criterion))):
                newest[partner_id, criterion] = True
    found: defaultdict[str, set[str]] = defaultdict(set)
    for (partner_id, criterion), holds in newest.items():
        if holds:
            found[partner_id].add(criterion)
    return {partner_id: frozenset(names) for partner_id, names in found.items()}


def note(
    session: Session,
    partner_id: str,
    text: str,
    *,
    who: str,
    at: datetime,
    type: NoteType = NoteType.GENERAL,
    case_id: str | None = None,
    key: str | None = None,
) -> None:
    """Write a note about a partner; under a key, once."""
    if key is not None:
        query = select(PartnerNoteRow.note_id).where(PartnerNoteRow.key == key)
        if session.scalar(query) is not None:
            return
    session.add(
        PartnerNoteRow(
            partner_id=partner_id,
            text=text,
            who=who,
            written_at=at,
            type=type,
            case_id=case_id,
            key=key,
        )
    )


def notes_of(session: Session, partner_id: str) -> Sequence[PartnerNoteRow]:
    """The notes about a partner, the newest first."""
    query = select(PartnerNoteRow).where(PartnerNoteRow.partner_id == partner_id)
    return session.scalars(query.order_by(PartnerNoteRow.note_id.desc())).all()
