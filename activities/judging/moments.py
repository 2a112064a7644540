"""The moments that follow from a case's row: reminders, recovery, decision."""

from __future__ import annotations

from datetime import datetime, timedelta

from activities.judging.gathering import CaseFile
from partners.domain.cases.case import Reminder, reminders
from partners.domain.mail.notices import reminder_key


def pending_reminders(file: CaseFile) -> tuple[Reminder, ...]:
    """The reminders of the running period that were neither sent nor skipped."""
    case = file.case
    if case.deadline is None:
        return ()
    return tuple(
        reminder
        for reminder in reminders(file.calendar, file.policy, case.deadline, case.period_days)
        if reminder_key(case.case_id, reminder.days, case.deadline) not in case.notices_done
    )


def recovery_until(file: CaseFile) -> datetime | None:
    """When the recovery hold ends; None if none runs, or if the deadline comes first (rule 7)."""
    case = file.case
    if case.recovery_since is None or case.deadline is None:
        return None
    until = case.recovery_since + timedelta(days=file.policy.grace.recovery_hold_days)
    return until if until <= file.calendar.end_of(case.deadline) else None


def decision_at(file: CaseFile) -> datetime | None:
    """The moment of the decision: office time on the decision day (rule 8)."""
    if file.case.deadline is None:
        return None
    day = file.calendar.decision_day(file.case.deadline, file.policy.feed.settling_days)
    return file.calendar.office_time(day)


def feed_wait_until(file: CaseFile) -> datetime | None:
    """How long a decision waits for a feed that does not cover the deadline (rule 8)."""
    at = decision_at(file)
    return at and at + timedelta(days=file.policy.feed.feed_wait_days)
