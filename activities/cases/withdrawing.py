"""Whether what waits about a case is still true: asked after each of its changes (rule 14)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from activities.cases import intervention_notice, still_true
from activities.judging.gathering import CaseFile
from activities.mail import doubts
from activities.mail.doubts import Doubt
from partners.domain.mail.notices import NoticeKind
from partners.store.tables.case_tables import InterventionRow
from partners.store.tables.mail_tables import OutboxRow

_OF_CASE = doubts.waiting().where(OutboxRow.case_id == bindparam("case_id"))
"""Built once, for every step of a case asks."""


def withdraw_of_case(file: CaseFile) -> None:
    """After a change of a case: what waits and is no longer true is withdrawn."""
    file.session.flush()
    waiting = file.session.scalars(_OF_CASE, {"case_id": file.case.case_id})
    doubts.withdraw_all(waiting, lambda row: _doubt(file, row), file.now)


def _doubt(file: CaseFile, row: OutboxRow) -> Doubt | None:
    return doubts.doubt(file.session, row, lambda: _untrue(file, row))


def _untrue(file: CaseFile, row: OutboxRow) -> Doubt | str | None:
    """A case's messages are its own notices, and those about what people did to it."""
    if row.notice_key.startswith("grace/"):
        return about_case(file, row, file.now)
    return about_intervention(file.session, row, file.now)


def about_intervention(session: Session, row: OutboxRow, now: datetime) -> str | None:
    """Why a notice about what a person did is no longer true; None if it is."""
    done = session.get_one(InterventionRow, int(row.notice_key.split("/")[-2]))
    return intervention_notice.why_untrue(session, done, now)


def about_case(file: CaseFile, row: OutboxRow, at: datetime) -> Doubt | None:
    """Whether a notice about a case still says what is."""
    kind = row.kind
    if kind.starts_clock:
        return _start_of_clock(file, row)
    if kind in (NoticeKind.REMOVAL, NoticeKind.RECOVERED, NoticeKind.CORRECTION):
        why = still_true.why_no_closing(file, kind)
        return Doubt(why) if why else None
    if file.case.outcome is not None:
        return Doubt(f"the case is over: {file.case.outcome}")
    if kind is NoticeKind.REMINDER:
        return _reminder(file, row, at)
    if kind is NoticeKind.ON_HOLD and not _is_of_this_hold(file, row):
        return Doubt("no longer on hold")
    if kind is NoticeKind.STANDARDS_CHANGED and not row.notice_key.endswith(
        f"/{file.case.policy_version}"
    ):
        return Doubt("the case is judged by another policy since")
    return None


def _start_of_clock(file: CaseFile, row: OutboxRow) -> Doubt | None:
    """A case that is over warns nobody; one that is on hold may come back to the same notice."""
    case = file.case
    if case.outcome is not None:
        return Doubt(f"the case is over: {case.outcome}")
    if not row.notice_key.endswith(f"/{row.kind}/{case.attempt}") or row.kind != case.notice_kind:
        return Doubt("a newer notice has taken its place")
    why = still_true.why_no_start(file)
    return Doubt(why, passes=True) if why else None  # the case itself follows from it


def _reminder(file: CaseFile, row: OutboxRow, at: datetime) -> Doubt | None:
    case = file.case
    if case.deadline is None or not row.notice_key.endswith(f"/{case.deadline}"):
        return Doubt("the deadline has moved since")
    if at >= file.calendar.end_of(case.deadline):
        return Doubt("the deadline has passed")
    if case.hold_reason is not None:
        return Doubt(f"the clock stands still: {case.hold_reason}", passes=True)
    return Doubt("cured") if still_true.is_cured(file) else None


def _is_of_this_hold(file: CaseFile, row: OutboxRow) -> bool:
    prefix = f"grace/{file.case.case_id}/{NoticeKind.ON_HOLD}/{file.case.hold_count}/"
    return file.case.hold_reason is not None and row.notice_key.startswith(prefix)
