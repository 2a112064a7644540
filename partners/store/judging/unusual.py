"""Of a page of partners: who has cases, overrides, steps taken or unknown days. Most have none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from partners.domain.cases.case import PartnerHistory
from partners.domain.responses.response import Taken
from partners.domain.time.calendar import ProgramCalendar
from partners.store.judging import unknown_days
from partners.store.judging.histories import SPARING, histories
from partners.store.judging.window_sums import Enrolled
from partners.store.responses import responses
from partners.store.tables.case_tables import CaseRow, OverrideRow


@dataclass(frozen=True)
class Unusual:
    """What is known of some partners of a page, by partner."""

    open_cases: set[str]
    overrides: dict[str, set[str]]  # in force on the day
    histories: dict[str, PartnerHistory]  # of those who had a case or a waiver
    steps: dict[str, list[Taken]]  # of progressive response
    unknown: unknown_days.UnknownDays  # rows of theirs were rejected


def unusual_of(
    session: Session,
    page: Sequence[Enrolled],
    calendar: ProgramCalendar,
    day: date,
    *,
    responds: bool,
) -> Unusual:
    """Read it in range scans, for a page sorted by id. `responds`: whether steps matter."""
    first, last = page[0].partner_id, page[-1].partner_id
    cases = session.execute(
        select(CaseRow.partner_id, CaseRow.closed_at).where(CaseRow.partner_id.between(first, last))
    ).all()
    in_force: defaultdict[str, set[str]] = defaultdict(set)
    row = OverrideRow
    rows = session.execute(
        select(row.partner_id, row.kind, row.from_day, row.until_day).where(
            row.partner_id.between(first, last),
            or_(row.kind.in_(SPARING), row.until_day.is_(None), row.until_day >= day),
        )
    ).all()
    for partner_id, kind, from_day, until_day in rows:
        if from_day <= day and (until_day is None or until_day >= day):
            in_force[partner_id].add(kind)
    touched = {r[0] for r in cases} | {r[0] for r in rows}
    return Unusual(
        open_cases={r[0] for r in cases if r[1] is None},
        overrides=in_force,
        histories=histories(session, calendar, touched) if touched else {},
        steps=responses.taken_by(session, first, last) if responds else {},
        unknown=unknown_days.of_range(session, first, last),
    )
