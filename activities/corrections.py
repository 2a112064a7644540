"""Closed cases that would have ended otherwise on what is known now (rule 19)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from activities.gathering import CaseFile
from partners.domain.assessment import Verdict
from partners.domain.case import Outcome
from partners.store.case_tables import CaseRow
from partners.store.database import Database

REMOVED = (Outcome.REMOVED, Outcome.DEMOTED)


def closed_differently(
    database: Database, now: datetime, within: timedelta | None = None
) -> list[tuple[CaseRow, str]]:
    """Such cases with the reason, the oldest first; for staff, who decide what to do about them.

    `within`: only those closed so lately, for each is judged anew.

    Voided cases, and those cured before anything was sent, cost the partner nothing.
    """
    with database.read() as session:
        query = select(CaseRow.case_id).where(
            CaseRow.closed_at.is_not(None),
            CaseRow.outcome.in_((*REMOVED, Outcome.REINSTATED)),
        )
        if within is not None:
            query = query.where(CaseRow.closed_at > now - within)
        case_ids = list(session.scalars(query.order_by(CaseRow.closed_at)))
    found = []
    for case_id in case_ids:
        with database.read() as session:  # one at a time, for a case is locked while it is read
            file = CaseFile.of(session, case_id, now)
            if why := _why(file):
                found.append((file.case, why))
    return found


def _why(file: CaseFile) -> str | None:
    """Why the case would have ended otherwise; None if it would not."""
    case = file.case
    if not file.was_below():
        return "was not below standards after all"
    if case.deadline is None or case.decided_at is None:
        return None
    if case.outcome in REMOVED:
        verdict = file.assess_cure(case.deadline).verdict
        return None if verdict is Verdict.BELOW else f"at the deadline: {verdict}"
    day = min(case.deadline, file.calendar.day_of(case.decided_at) - timedelta(days=1))
    verdict = file.assess_cure(day).verdict
    return f"when reinstated: {verdict}" if verdict is Verdict.BELOW else None
