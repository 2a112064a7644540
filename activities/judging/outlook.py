"""The outlook of a case, gathered for `domain.cases.outlook`: for the timeline and for people."""

from __future__ import annotations

from datetime import date

from activities.judging.gathering import CaseFile
from activities.judging.moments import pending_reminders, recovery_until
from partners.domain.cases.case import CaseStatus
from partners.domain.cases.commands import Clock
from partners.domain.cases.outlook import Facts, Prospect, next_deadline, outlook
from partners.domain.judging.assessment import Assessment
from partners.domain.mail.notices import NoticeKind


def clock_of(file: CaseFile) -> Clock:
    """What of the case's clock matters for commands and for the outlook."""
    case = file.case
    final = case.notice_kind == NoticeKind.FINAL_NOTICE
    return Clock(
        case.status,
        case.deadline,
        case.period_days,
        file.policy.grace.days if final else 0,
        case.hold_since,
    )


def prospects(
    file: CaseFile,
    recover_by: date | None = None,
    extend_by: int | None = None,
    *,
    appealed: bool,
) -> tuple[Prospect, ...]:
    """What comes; nothing for a case whose outcome is known. `appealed`: an appeal is open."""
    if file.case.outcome is not None:
        return ()
    return outlook(_facts(file, appealed), file.calendar, recover_by, extend_by)


def estimated_deadline(file: CaseFile, *, appealed: bool) -> date | None:
    """The deadline of a case whose clock a person stopped, as far as can be said today."""
    if file.case.status is not CaseStatus.ON_HOLD:
        return None
    return next_deadline(_facts(file, appealed), file.calendar)


def _facts(file: CaseFile, appealed: bool) -> Facts:
    case, policy, day_of = file.case, file.policy, file.calendar.day_of
    until = recovery_until(file)
    below = policy.tier_below(case.tier)
    named = {criterion.metric for criterion in file.warned}
    return Facts(
        clock=clock_of(file),
        today=file.today,
        tier=case.tier,
        below=below.key if below else None,
        verdict=Assessment(tuple(f for f in file.newest_findings if f.metric in named)).verdict,
        settling_days=policy.feed.settling_days,
        recovery_hold_days=policy.grace.recovery_hold_days,
        reminders=policy.grace.reminders,
        pending=tuple(day_of(reminder.due_at) for reminder in pending_reminders(file)),
        recovery_until=day_of(until) if until else None,
        hold=case.hold_reason,
        resumes_after=case.hold_until,
        appealed=appealed,
    )
