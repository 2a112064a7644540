"""Before every send: is it still true? (rule 14). A no changes the case, or skips the notice."""

from __future__ import annotations

from datetime import timedelta

from activities import case_steps as steps
from activities import notice_facts
from activities.gathering import CaseFile
from activities.moments import pending_reminders
from partners.domain.assessment import Verdict
from partners.domain.case import (
    CaseStatus,
    HoldReason,
    Next,
    Outcome,
    why_exempt,
)
from partners.domain.case_view import SendNotice
from partners.domain.notices import NoticeKind
from partners.store import cases, guard, overrides


def why_not(file: CaseFile, request: SendNotice) -> str | None:
    """Why this notice must not go out now, having changed the case as that demands; None: go."""
    if request.kind.starts_clock:
        return _why_no_warning(file)
    if request.kind is NoticeKind.REMINDER:
        return _why_no_reminder(file, request)
    if request.kind is NoticeKind.ON_HOLD and file.case.status != CaseStatus.ON_HOLD:
        return f"no longer on hold: the case is {file.case.status}"
    return None


def _why_no_warning(file: CaseFile) -> str | None:
    case = file.case
    if case.status != CaseStatus.OPENED:
        return f"the case is {case.status}"
    held = overrides.kinds_in_force(file.session, case.partner_id, file.today)
    exempt = why_exempt(file.partner, file.policy, held)
    if exempt or file.partner.tier != case.tier:
        why = exempt or "a person changed the tier meanwhile"
        steps.conclude(file, Outcome.VOIDED, why)
        return why
    if recovered := _why_recovered(file):
        return recovered
    return _why_guarded(file) if case.notice_kind == NoticeKind.WARNING else None


def _why_recovered(file: CaseFile) -> str | None:
    """A partner who is already cured, or was never below, is not warned."""
    was_below = file.was_below()
    as_of = file.newest_day()
    assessment = file.assess_cure(as_of) if as_of else None
    cured = assessment is not None and assessment.verdict is Verdict.PASSING
    if was_below and not cured:
        return None
    why = "already cured" if was_below else "corrected data: not below after all"
    if assessment is not None:
        steps.take_in(file, assessment)
    if file.case.warned_at is not None:  # a final notice
        steps.intend(file, Next.REINSTATE if was_below else Next.VOID, why, assessment)
    else:
        steps.conclude(file, Outcome.RECOVERED_BEFORE_WARNING, why)
    return why


def _why_guarded(file: CaseFile) -> str | None:
    """Count this warning, or hold it for a person's approval (rule 13)."""
    case = file.case
    detail = steps.too_many(file)
    if detail and not _is_approved(file):
        steps.put_on_hold(file, HoldReason.GUARD, detail)
        return detail
    cases.record_action(file.session, f"{case.case_id}/warned", case.partner_id, file.now)
    return None


def _is_approved(file: CaseFile) -> bool:
    """Whether a person approved this warning: alone, or with the review that found it."""
    if file.case.approved_by:
        return True
    since = file.now - timedelta(days=cases.GUARD_DAYS)
    review = guard.approved_with(file.session, file.case.partner_id, since)
    if review is not None:
        steps.record(file, "approved", f"with the review {review.request_id}", who=review.who)
    return review is not None


def _why_no_reminder(file: CaseFile, request: SendNotice) -> str | None:
    """A reminder goes out unless the case is cured; more than a day late it is skipped."""
    due = [r for r in pending_reminders(file) if r.days == request.reminder_days]
    if file.case.status != CaseStatus.IN_GRACE or not due:
        return "no longer due"
    why = None
    if file.now > due[0].due_at + notice_facts.LATE:
        why = "more than a day late"
    elif as_of := file.cure_day():
        assessment = file.assess_cure(as_of)
        steps.take_in(file, assessment)
        steps.note_recovery(file, assessment.verdict)
        why = "cured" if assessment.verdict is Verdict.PASSING else None
    if why:
        key = notice_facts.key(file, request)
        file.case.notices_done = [*file.case.notices_done, key]
        steps.record(file, "reminder skipped", why)
    return why
