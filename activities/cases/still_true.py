"""Before every send: is it still true? (rule 14). A no changes the case, or skips the notice."""

from __future__ import annotations

from datetime import timedelta

from activities.cases import case_steps as steps
from activities.cases import notice_facts
from activities.judging.gathering import CaseFile
from activities.judging.moments import pending_reminders
from partners.domain.cases.case import CaseStatus, HoldReason, Next, Outcome, why_exempt
from partners.domain.cases.view import SendNotice
from partners.domain.judging.assessment import Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.record.decisions import Because, Step
from partners.store.cases import cases, guard
from partners.store.tables.case_tables import TierChangeRow


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
    if why := why_no_start_yet(file):
        return why
    return _why_guarded(file) if case.notice_kind == NoticeKind.WARNING else None


def why_no_start_yet(file: CaseFile) -> str | None:
    """Why a notice that starts a clock must not go out, whatever the guard says; the case then
    ends, or is decided."""
    case = file.case
    if case.status != CaseStatus.OPENED:
        return f"the case is {case.status}"
    if why := _why_exempt(file):
        steps.conclude(file, Outcome.VOIDED, why)
        return why
    return _why_recovered(file)


def why_no_start(file: CaseFile) -> str | None:
    """As `why_no_start_yet`, for who only looks: the case is not changed."""
    if file.case.status != CaseStatus.OPENED:
        return f"the case is {file.case.status}"
    not_below = _why_not_below(file)
    return _why_exempt(file) or (not_below.words if not_below else None)


def is_cured(file: CaseFile) -> bool:
    """Whether every warned criterion passes, as far as is known."""
    as_of = file.cure_day()
    return as_of is not None and file.assess_cure(as_of).verdict is Verdict.PASSING


def why_no_closing(file: CaseFile, kind: NoticeKind) -> str | None:
    """Why a partner is not told any more how the case ended: it has been undone since."""
    case = file.case
    if kind is NoticeKind.CORRECTION:
        return None
    moved = file.session.get(TierChangeRow, f"grace/{case.case_id}/outcome")
    then = moved.to_tier if moved is not None else case.tier
    return None if file.partner.tier == then else "the tier has changed since"


def _why_exempt(file: CaseFile) -> str | None:
    exempt = why_exempt(file.partner, file.policy, file.overridden())
    moved = file.partner.tier != file.case.tier
    return exempt or (Because.TIER_CHANGED.words if moved else None)


def _why_not_below(file: CaseFile) -> Because | None:
    if not file.was_below():
        return Because.CORRECTED_DATA
    as_of = file.newest_day()
    cured = as_of is not None and file.assess_cure(as_of).verdict is Verdict.PASSING
    return Because.ALREADY_CURED if cured else None


def _why_recovered(file: CaseFile) -> str | None:
    """A partner who is already cured, or was never below, is not warned."""
    because = _why_not_below(file)
    if because is None:
        return None
    as_of = file.newest_day()
    assessment = file.assess_cure(as_of) if as_of else None
    if assessment is not None:
        steps.take_in(file, assessment)
    if file.case.warned_at is not None:  # a final notice
        void = because is Because.CORRECTED_DATA
        steps.intend(file, Next.VOID if void else Next.REINSTATE, because, assessment)
    else:
        steps.conclude(file, Outcome.RECOVERED_BEFORE_WARNING, because.words)
    return because.words


def _why_guarded(file: CaseFile) -> str | None:
    """Count this warning, or hold it for a person's approval (rule 13)."""
    case = file.case
    detail = steps.too_many(file)
    if detail and not _is_approved(file):
        steps.put_on_hold(file, HoldReason.GUARD, detail)
        return detail
    # In the transaction that counted, whose turn ends with it: else two would pass at once.
    cases.record_action(file.session, f"{case.case_id}/warned", case.partner_id, file.now)
    return None


def _is_approved(file: CaseFile) -> bool:
    """Whether a person approved this warning: alone, or with the review that found it."""
    if file.case.approved_by:
        return True
    since = file.now - timedelta(days=cases.GUARD_DAYS)
    review = guard.approved_with(file.session, file.case.partner_id, since)
    if review is not None:
        steps.record(file, Step.APPROVED, f"with the review {review.request_id}", who=review.who)
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
        steps.record(file, Step.REMINDER_SKIPPED, why)
    return why
