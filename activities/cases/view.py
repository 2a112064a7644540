"""A case's row as the workflow sees it: every moment that follows from it, worked out once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from babel import Locale

from activities.judging.gathering import CaseFile
from activities.judging.moments import (
    decision_at,
    feed_wait_until,
    pending_reminders,
    recovery_until,
)
from activities.judging.outlook import estimated_deadline, prospects
from activities.mail import mailed
from activities.services import Services
from partners.domain.cases.case import BY_PERSON_ALONE, CaseStatus, Outcome
from partners.domain.cases.commands import CommandKind
from partners.domain.cases.outlook import Ended, afterwards
from partners.domain.cases.view import Act, CaseView, FindingLine, Telling
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.mail.notices import NoticeKind, migration_key, once_key
from partners.domain.record.standing import standing_of
from partners.mail.words import wording
from partners.mail.words.plain import NAME_LENGTH, one_line
from partners.store.mail import case_story
from partners.store.mail.case_story import Story
from partners.store.overrides import overrides
from partners.store.tables.case_tables import CaseRow, DecisionRow
from partners.store.tables.findings import from_json

TIMELINE_LOCALE = Locale("en")


MOST_ACTS = 10
"""What people did that a timeline lists: the latest. `partners show` has all of it."""
WORDS = 200
"""Characters of what somebody said; people may write 10,000."""
_UNTIL = (CommandKind.WAIVED, CommandKind.BLOCKED)
_ENDED_BY_PERSON = (CommandKind.REINSTATED, CommandKind.REMOVED, CommandKind.OVERTURNED)


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


def _names(file: CaseFile) -> dict[str, str]:
    """What stands in place of a name where histories keep it (rule 18)."""
    return {file.partner.name: file.partner.partner_id}


def _done(file: CaseFile, told: Story) -> dict[str, Any]:
    """What people did, and how the case ended; most cases run without."""
    case, done = file.case, dict[str, Any]()
    if told.signed:
        rows = case_story.signed(file.session, case.case_id)
        done["acts"] = tuple(_act(file, row) for row in rows[-MOST_ACTS:])
        done["more_acts"] = max(0, len(rows) - MOST_ACTS)
    if case.outcome is not None:
        done["decided"] = one_line(case_story.outcome_words(file.session, case.case_id), WORDS)
        done["afterwards"] = afterwards(_ended(file, case.outcome))
    return done


def _act(file: CaseFile, row: DecisionRow) -> Act:
    by_itself = row.actor.startswith("workflow ")
    return Act(
        on=file.calendar.day_of(row.at),
        did=one_line(row.step if row.result == row.step else f"{row.step}: {row.result}", WORDS),
        who="the program" if by_itself else one_line(row.actor, NAME_LENGTH),
        why=one_line(row.reason or "", WORDS),
    )


def _ended(file: CaseFile, outcome: Outcome) -> Ended:
    case, ladder = file.case, file.policy.ladder
    done = overrides.of_case(file.session, case.case_id)
    wait = ladder.min_days_between_changes if outcome is Outcome.DEMOTED else ladder.return_days
    return Ended(
        outcome,
        on=file.calendar.day_of(case.decided_at or file.now),
        appeal_days=file.policy.appeals.days,
        wait_days=wait,
        until=next((row.until for row in reversed(done) if row.kind in _UNTIL), None),
    )


def view(file: CaseFile, services: Services) -> CaseView:
    """The case as the workflow is told of it."""
    case, day_of = file.case, file.calendar.day_of
    findings = file.newest_findings
    below = [f for f in findings if f.verdict is Verdict.BELOW]
    at = decision_at(file)
    relapse = once_key(case.case_id, NoticeKind.RELAPSE)
    told = case_story.story(file.session, case)
    opened_for = [f for f in from_json(case.findings) if f.verdict is Verdict.BELOW]
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
        clock=services.clock,
        migration_untold=told.migrated and _migration_untold(case),
        to_tell=to_tell(file) if told.intervened else (),
        resume_at=resume_at(file),
        outlook=prospects(file, appealed=told.appealed),
        month=str(file.month),
        warned_on=case.warned_at and day_of(case.warned_at),
        warned_for=wording.summary(opened_for, file.policy),
        held_since=case.hold_since and day_of(case.hold_since),
        next_deadline=estimated_deadline(file, appealed=told.appealed),
        decided_on=case.decided_at and day_of(case.decided_at),
        mails=mailed.listed(told.mails, _names(file), file.calendar, services),
        more_mails=max(0, len(told.mails) - mailed.MOST),
        **_done(file, told),
    )
