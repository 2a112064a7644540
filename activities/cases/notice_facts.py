"""What a notice about a case says, to whom, and under which key."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from activities.cases import bounces
from activities.cases.case_responses import checked_in
from activities.cases.landing import named
from activities.cases.migration_activities import migration
from activities.judging.gathering import CaseFile, Matter
from activities.judging.moments import pending_reminders
from activities.mail import gates
from activities.mail.gates import Addressee, Gate
from activities.mail.protocol import OPEN
from activities.offers import partner_openings
from partners.domain.cases.case import HoldReason, Outcome
from partners.domain.cases.view import SendNotice
from partners.domain.judging.assessment import Finding
from partners.domain.mail.notices import (
    MailState,
    NoticeKind,
    attempt_key,
    hold_key,
    migration_key,
    once_key,
    reminder_key,
)
from partners.domain.mail.resolution import sends_again
from partners.mail.notice import Notice, PolicyChange
from partners.mail.offer_notice import OffersChange
from partners.mail.send_rules import SendRules
from partners.store.cases import cases
from partners.store.mail import outbox
from partners.store.overrides import appeals
from partners.store.policy import policies
from partners.store.tables.findings import from_json
from partners.store.tables.mail_tables import OutboxRow

GUARD_LISTED = 100
"""Partners of the week whom a mail about a held case names: thousands may be held at once, and each
of their mails would name thousands."""
LATE = timedelta(days=1)
"""A reminder more than so late is skipped (rule 12)."""


def key(file: CaseFile, request: SendNotice) -> str:
    """The key that makes the notice unique (rule 9)."""
    case = file.case
    if request.kind.starts_clock:
        return attempt_key(case.case_id, request.kind, case.attempt)
    if request.kind is NoticeKind.REMINDER:
        assert request.reminder_days is not None
        assert case.deadline is not None
        return reminder_key(case.case_id, request.reminder_days, case.deadline)
    if request.kind is NoticeKind.STANDARDS_CHANGED:
        return migration_key(case.case_id, case.policy_version)
    if request.kind is NoticeKind.ON_HOLD:
        assert request.hold_notice is not None
        return hold_key(case.case_id, case.hold_count, request.hold_notice)
    return once_key(case.case_id, request.kind)


def gate(file: CaseFile, request: SendNotice, rules: SendRules) -> Gate:
    """Whether the notice may go out now, and to whom. Changes nothing."""
    return gates.check(
        file.session,
        rules,
        key(file, request),
        request.kind,
        _addressee(file, request.kind),
        file.now,
        _not_after(file, request),
    )


def _addressee(file: CaseFile, kind: NoticeKind) -> Addressee:
    """Staff as the newest policy names them; or the partner, last at addresses that failed."""
    if kind.to_staff:
        newest = policies.newest(file.session)
        return Addressee(file.calendar, staff=(newest[1] if newest else file.policy).staff.emails)
    return Addressee(file.calendar, file.partner, avoid=bounces.failed_addresses(file))


def _not_after(file: CaseFile, request: SendNotice) -> datetime | None:
    """Until when a notice is of use: a reminder for a day, and before its deadline."""
    due = [r.due_at for r in pending_reminders(file) if r.days == request.reminder_days]
    if request.kind is not NoticeKind.REMINDER or not due or file.case.deadline is None:
        return None
    return min(due[0] + LATE, file.calendar.end_of(file.case.deadline))


def is_outdated(file: CaseFile, row: OutboxRow) -> bool:
    """Rule 12: a notice that starts a clock, not accepted on the day it was rendered."""
    unsettled = row.state in (MailState.WAITING, MailState.SENDING, MailState.QUEUED)
    rendered_on = file.calendar.day_of(row.rendered_at)
    return unsettled and row.stated_deadline is not None and rendered_on != file.today


def may_go(file: CaseFile, row: OutboxRow) -> bool:
    """Whether a message may be handed over, or written anew; else its state says what follows."""
    if row.state == MailState.LOST:
        return sends_again(row.kind, _lost(file, row))
    return row.state in OPEN or is_outdated(file, row)


def _lost(file: CaseFile, row: OutboxRow) -> int:
    """How many attempts at a notice were lost. Each attempt at a warning has a key of its own."""
    if not row.kind.starts_clock:
        return row.attempt
    return outbox.count_lost(file.session, file.case.case_id, row.kind)


def make_way(file: CaseFile, request: SendNotice, row: OutboxRow | None) -> OutboxRow | None:
    """What is handed over, or is followed by another attempt; None: a notice is to be written.

    A notice that starts a clock is written anew, with a deadline counted from today, once an
    earlier one is outdated or lost.
    """
    if row is not None and is_outdated(file, row):
        supersede(file, row)
        return None
    if row is not None and row.state == MailState.LOST and request.kind.starts_clock:
        file.case.attempt += 1
        return None
    return row


def supersede(file: CaseFile, row: OutboxRow) -> None:
    """Withdraw an outdated notice; the next attempt states a deadline counted from today."""
    rendered_on = file.calendar.day_of(row.rendered_at)
    detail = f"not accepted on {rendered_on}, the day it was written"
    outbox.settle(row, MailState.SUPERSEDED, file.now, detail=detail)
    file.case.attempt += 1


def about(
    matter: Matter,
    kind: NoticeKind,
    findings: tuple[Finding, ...],
    *,
    repeat: bool = False,
    grace_days: int = 0,
) -> Notice:
    """What a notice says whether or not there is a case; `grace_days` where it starts a clock."""
    policy, calendar, starts = matter.policy, matter.calendar, kind.starts_clock
    deadline = calendar.stated_deadline(matter.today, grace_days) if starts else None
    return Notice(
        kind=kind,
        policy=policy,
        tier=matter.tier,
        partner_id=matter.partner.partner_id,
        partner_name=matter.partner.name,
        language=matter.partner.language or policy.program.language,
        time_zone=matter.partner.time_zone,
        findings=findings,
        warned=tuple(criterion.metric for criterion in matter.warned),
        repeat=repeat,
        today=matter.today,
        deadline=deadline,
        decision_day=deadline and calendar.decision_day(deadline, policy.feed.settling_days),
        grace_days=grace_days if starts else None,
        checked_in=checked_in(matter) if kind is NoticeKind.WARNING else None,
    )


def notice(file: CaseFile, request: SendNotice) -> Notice:
    """The facts of a case's notice, ready to be put into words."""
    case, policy, calendar, kind = file.case, file.policy, file.calendar, request.kind
    told = about(file, kind, _findings(file, kind), repeat=case.repeat, grace_days=case.period_days)
    deadline = told.deadline or case.deadline
    decided_on = calendar.day_of(case.decided_at or file.now)
    return replace(
        told,
        deadline=deadline,
        decision_day=deadline and calendar.decision_day(deadline, policy.feed.settling_days),
        outcome=case.outcome,
        new_tier=named(file, file.partner.tier),
        reentry_on=decided_on + timedelta(days=_days_until_entry(file)),
        appeal_until=_last_appeal(file) if kind is NoticeKind.REMOVAL else None,
        hold_reason=case.hold_reason,
        hold_detail=case.hold_detail or "",
        waiting_since=case.hold_since and calendar.day_of(case.hold_since),
        guard_list=_guard_list(file),
        change=_migration(file) if kind is NoticeKind.STANDARDS_CHANGED else None,
        offers_change=_offers_change(file) if kind is NoticeKind.REMOVAL else None,
    )


def _findings(file: CaseFile, kind: NoticeKind) -> tuple[Finding, ...]:
    """What the notice shows: as of the opening, as corrected since, or the newest."""
    if kind in (NoticeKind.WARNING, NoticeKind.RELAPSE):
        return from_json(file.case.findings)
    if kind is NoticeKind.CORRECTION:
        return file.assess_opening().findings
    return file.newest_findings


def _days_until_entry(file: CaseFile) -> int:
    """How long after a removal the tier can be entered again (rules 10 and 11)."""
    ladder = file.policy.ladder
    demoted = file.case.outcome == Outcome.DEMOTED
    return ladder.min_days_between_changes if demoted else ladder.return_days


def _last_appeal(file: CaseFile) -> date | None:
    return appeals.last_day(file.session, file.partner, file.now)


def _offers_change(file: CaseFile) -> OffersChange | None:
    partner = file.partner
    return partner_openings.of_tiers(
        file.session, partner.partner_id, file.case.tier, partner.tier, file.now
    )


def _migration(file: CaseFile) -> PolicyChange | None:
    """What a person's move of the case to another policy changed for the partner."""
    moved = migration(file)
    if moved is None:
        return None
    _, old, criteria = moved
    version = file.case.policy_version
    return PolicyChange(version, old, file.today, criteria, in_case=True)


def _guard_list(file: CaseFile) -> tuple[str, ...]:
    if file.case.hold_reason != HoldReason.GUARD:
        return ()
    return cases.newest_lately(file.session, file.case.partner_id, file.now, GUARD_LISTED)
