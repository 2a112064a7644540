"""Closed cases that would have ended otherwise on what is known now (rule 19)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from activities.judging.gathering import CaseFile
from partners.domain.cases.case import Outcome
from partners.domain.judging.assessment import Verdict
from partners.store.cases import rechecks
from partners.store.engine.database import Database
from partners.store.judging import aside
from partners.store.tables.case_tables import CaseRow

REMOVED = (Outcome.REMOVED, Outcome.DEMOTED)
Differs = tuple[CaseRow, str]
"""A closed case, and why it would have ended otherwise."""


def closed_differently(
    database: Database, now: datetime, judged: Callable[[], None] = lambda: None
) -> Iterator[Differs]:
    """Such cases with the reason, the oldest first; for staff, who decide what to do about them.

    Every closed case is judged anew, while they are asked for; `judged` is called after each.
    Voided cases, and those cured before anything was sent, cost the partner nothing.
    """
    with database.read() as session:
        query = select(CaseRow.case_id).where(
            CaseRow.closed_at.is_not(None), CaseRow.outcome.in_(rechecks.JUDGED)
        )
        case_ids = session.scalars(query.order_by(CaseRow.closed_at)).all()
    yield from _differently(database, now, case_ids, judged)


def changed_since_closed(
    database: Database,
    now: datetime,
    within: timedelta,
    judged: Callable[[], None] = lambda: None,
) -> Iterator[Differs]:
    """As `closed_differently`, of the cases closed so lately whose data have changed since."""
    with database.read() as session:
        case_ids = rechecks.to_recheck(session, now - within)
    yield from _differently(database, now, case_ids, judged)


def settle_rechecks(database: Database, now: datetime) -> None:
    """Forget the changes that would not have changed how a case ended; the others stay listed."""
    with database.read() as session:
        case_ids = rechecks.to_recheck(session)
    for case_id in case_ids:
        with database.write() as session:  # an import that marks it anew waits, or was seen
            file = CaseFile.of(session, case_id, now)
            if _why_at_all(file) is None:
                rechecks.settled(session, case_id)


def _differently(
    database: Database, now: datetime, case_ids: Sequence[str], judged: Callable[[], None]
) -> Iterator[Differs]:
    for case_id in case_ids:
        with database.snapshot() as session:
            file = CaseFile.unlocked(session, case_id, now)
            why = _why_at_all(file)
        judged()
        if why:
            yield file.case, why


def _why_at_all(file: CaseFile) -> str | None:
    """As `_why`; a case that cannot be judged is for a person to look at too."""
    done, failed = aside.each_apart([file.case.case_id], lambda _: _why(file))
    return f"cannot be judged: {failed[0].reason}" if failed else done[file.case.case_id]


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
