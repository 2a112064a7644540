"""What a case waits for, and what is due: pure functions of the case and of program time."""

from __future__ import annotations

from datetime import datetime

from partners.domain.cases.case import CaseStatus
from partners.domain.cases.view import CaseView, SendNotice
from partners.domain.mail.notices import NoticeKind
from partners.domain.number_words import number_of
from workflows.kit.alarms import Alarm


def decision_is_due(case: CaseView, now: datetime) -> bool:
    """Whether the decision day's office hour has come (rule 8)."""
    return case.decision_at is not None and now >= case.decision_at


def has_recovered(case: CaseView, now: datetime) -> bool:
    """Whether a recovery hold has ended; after the deadline the deadline decides alone (rule 7)."""
    until, deadline_at = case.recovery_until, case.deadline_at
    return until is not None and deadline_at is not None and until <= now < deadline_at


def due_notices(case: CaseView, now: datetime) -> list[SendNotice]:
    """What is to be sent during the grace period: reminders, word of a relapse to
    staff, and of a move to another policy."""
    due = []
    if case.relapse_untold:
        due.append(SendNotice(case.case_id, NoticeKind.RELAPSE))
    if case.migration_untold:
        due.append(SendNotice(case.case_id, NoticeKind.STANDARDS_CHANGED))
    if case.deadline_at is not None and now < case.deadline_at:
        due += [
            SendNotice(case.case_id, NoticeKind.REMINDER, reminder.days)
            for reminder in case.reminders
            if reminder.due_at <= now
        ]
    return due


def grace_alarms(case: CaseView, now: datetime) -> list[Alarm]:
    """The deadline as one long bar, the reminders and a recovery hold beside it.

    Empty while the case is not in grace; what has passed rings no more.
    """
    if case.status is not CaseStatus.IN_GRACE or not case.deadline_at or not case.decision_at:
        return []
    # Their order stays: a history knows timers by number, in the order in which they were started.
    # In another order, a replay would take the end of one for that of another, and not notice.
    if now >= case.deadline_at:
        text = f"orders until {case.deadline} settle; decision on {case.decision_day}"
        alarms = [Alarm(case.decision_at, text)]
    else:
        alarms = [Alarm(case.deadline_at, f"grace period until {case.deadline}")]
        alarms += [
            Alarm(
                r.due_at,
                f"reminder on {r.due_at.date()}, {number_of(r.days, 'day')} before the deadline",
            )
            for r in case.reminders
        ]
        if case.recovery_until is not None:
            day = case.recovery_until.date()
            alarms.append(Alarm(case.recovery_until, f"recovering: reinstated {day} if it holds"))
    return [alarm for alarm in alarms if alarm.at > now]


def pause_alarms(case: CaseView) -> list[Alarm]:
    """When a pause ends by itself, if it does."""
    if case.resume_at is None:
        return []
    return [Alarm(case.resume_at, f"paused {case.hold_detail}")]


def hold_alarms(case: CaseView) -> list[Alarm]:
    """When staff are reminded of a hold, or a pause ends by itself."""
    alarms = pause_alarms(case)
    if case.staff_notice_at is not None:
        alarms.append(Alarm(case.staff_notice_at, "on hold: a person is needed"))
    return alarms
