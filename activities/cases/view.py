"""A case's row as the workflow sees it: every moment that follows from it, worked out once."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel import Locale

from activities.judging.gathering import CaseFile
from activities.judging.moments import (
    decision_at,
    feed_wait_until,
    pending_reminders,
    recovery_until,
)
from activities.judging.outlook import prospects
from partners.domain.cases.case import BY_PERSON_ALONE, CaseStatus, Outcome
from partners.domain.cases.commands import Intervention
from partners.domain.cases.view import CaseView, FindingLine, Telling
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.mail.notices import NoticeKind, migration_key, once_key
from partners.domain.record.standing import standing_of
from partners.domain.time.clock import ProgramClock
from partners.mail.words import wording
from partners.store.overrides import overrides
from partners.store.tables.case_tables import CaseRow

TIMELINE_LOCALE = Locale("en")


_ENDED_BY_PERSON = (Intervention.REINSTATED, Intervention.REMOVED, Intervention.OVERTURNED)


def closing_notice(file: CaseFile) -> NoticeKind | None:
    """What the partner is told of the outcome; None where there is nothing to tell.

    A case that ends before anything was sent, or silently, is not mentioned to the partner. What a
    person did has a notice of its own: see `to_tell`.
    """
    case = file.case
    if case.outcome is None or case.silent or case.warned_at is None:
        return None
    done = overrides.of_case(file.session, case.case_id)
    if any(row.kind in _ENDED_BY_PERSON for row in done):
        return None
    return {
        Outcome.REINSTATED: NoticeKind.RECOVERED,
        Outcome.DEMOTED: NoticeKind.REMOVAL,
        Outcome.REMOVED: NoticeKind.REMOVAL,
        Outcome.VOIDED: NoticeKind.CORRECTION,
    }.get(case.outcome)


def to_tell(file: CaseFile) -> tuple[Telling, ...]:
    """What people did about the case and the partner has yet to be told of, in order."""
    untold = [r for r in overrides.of_case(file.session, file.case.case_id) if r.told is None]
    return tuple(Telling(r.intervention_id, r.kind) for r in untold)


def resume_at(file: CaseFile) -> datetime | None:
    """When a paused case goes on by itself; None: when a person resumes it."""
    case = file.case
    if case.status != CaseStatus.ON_HOLD or case.hold_until is None:
        return None
    return file.calendar.end_of(case.hold_until)


def standing(file: CaseFile) -> str:
    """The partner's standing while this is their newest case, as the search attribute has it: in
    one word, for the Temporal UI's filters break at a space."""
    case, partner = file.case, file.partner
    return standing_of(
        partner.tier,
        partner.left_on,
        blocked=case.outcome == Outcome.BLOCKED,
        case_status=case.status,
        warned=case.warned_at is not None,
    ).value


def _staff_notice_at(file: CaseFile) -> datetime | None:
    case = file.case
    if case.status != CaseStatus.ON_HOLD or case.hold_since is None or case.hold_until is not None:
        return None
    # Whoever stopped the clock knows of it: staff are only reminded.
    before = 1 if case.hold_reason in BY_PERSON_ALONE else 0
    return case.hold_since + timedelta(
        days=file.policy.grace.staff_reminder_days * (case.hold_notices + before)
    )


def _migration_untold(case: CaseRow) -> bool:
    """Whether the partner of a case that was moved to its policy has yet to be told of it."""
    return migration_key(case.case_id, case.policy_version) not in case.notices_done


def _line(file: CaseFile, finding: Finding) -> FindingLine:
    return FindingLine(
        label=file.policy.metric(finding.metric).label,
        measured=wording.measured(finding, file.policy, TIMELINE_LOCALE),
        required=wording.required(finding, file.policy, TIMELINE_LOCALE),
        verdict=finding.verdict,
    )


def view(file: CaseFile, clock: ProgramClock) -> CaseView:
    """The case as the workflow is told of it."""
    case = file.case
    findings = file.newest_findings
    below = [f for f in findings if f.verdict is Verdict.BELOW]
    at = decision_at(file)
    relapse = once_key(case.case_id, NoticeKind.RELAPSE)
    touched = overrides.touched(file.session, case)
    return CaseView(
        case_id=case.case_id,
        partner_id=case.partner_id,
        revision=case.revision,
        status=case.status,
        tier=case.tier,
        policy_version=case.policy_version,
        notice_kind=case.notice_kind,
        attempt=case.attempt,
        deadline=case.deadline,
        deadline_at=file.calendar.end_of(case.deadline) if case.deadline else None,
        decision_day=at and file.calendar.day_of(at),
        decision_at=at,
        reminders=pending_reminders(file),
        recovery_until=recovery_until(file),
        relapse_untold=case.repeat and relapse not in case.notices_done,
        feed_wait_until=feed_wait_until(file),
        hold_reason=case.hold_reason,
        hold_detail=case.hold_detail or "",
        hold_notices=case.hold_notices,
        staff_notice_at=_staff_notice_at(file),
        next=case.next,
        outcome=case.outcome,
        closing_notice=closing_notice(file),
        headline=wording.summary(below or findings, file.policy),
        findings=tuple(_line(file, finding) for finding in findings),
        standing=standing(file),
        current_tier=file.partner.tier or "",
        day_ends_at=file.calendar.end_of(file.today),
        clock=clock,
        migration_untold=touched.migrated and _migration_untold(case),
        to_tell=to_tell(file) if touched.intervened else (),
        resume_at=resume_at(file),
        outlook=prospects(file, appealed=touched.appealed),
    )
