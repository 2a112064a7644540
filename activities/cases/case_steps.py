"""The steps a case can take, each a small change of its row within the caller's transaction."""

from __future__ import annotations

from activities.cases.landing import Landing
from activities.judging.gathering import CaseFile
from activities.services import actor
from partners.domain.cases.case import (
    CaseStatus,
    HoldReason,
    Next,
    Outcome,
    guard_holds,
    guard_looks,
)
from partners.domain.cases.commands import AppealState
from partners.domain.judging.assessment import Assessment, Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.record.decisions import Because, Step
from partners.domain.record.note_types import NoteType
from partners.store.cases import cases, guard
from partners.store.judging import appraisals
from partners.store.overrides import appeals
from partners.store.responses import responses
from partners.store.tables.findings import to_json


def record(
    file: CaseFile,
    step: Step,
    why: str | None = None,
    assessment: Assessment | None = None,
    *,
    came_to: Verdict | Next | HoldReason | Outcome | None = None,
    because: Because | None = None,
    who: str | None = None,
    reason: str | None = None,
) -> None:
    """Store a decision about the case (rule 15), and count a new revision (rule 17).

    People read what it came to and why, as far as there are words for them."""
    file.case.revision += 1
    decided = cases.Decided(
        partner_id=file.case.partner_id,
        case=file.case,
        at=file.now,
        step=step,
        result=": ".join(part for part in (came_to, why) if part is not None),
        came_to=came_to,
        because=because,
        as_of=file.cure_day() or file.today,
        policy_version=file.case.policy_version,
        findings=assessment.findings if assessment else (),
        actor=who or actor(),
        reason=reason,
    )
    cases.record_decision(file.session, decided)


def assessed(file: CaseFile, assessment: Assessment) -> None:
    """Store what a look at the newest numbers found."""
    record(file, Step.ASSESSED, None, assessment, came_to=assessment.verdict)


def take_in(file: CaseFile, assessment: Assessment) -> None:
    """Keep the newest findings; whatever an import wanted to tell is now known."""
    file.case.latest = to_json(assessment.findings)
    file.case.untold = False


def note_recovery(file: CaseFile, verdict: Verdict) -> None:
    """The first cured assessment starts the hold; a failing one stops it, in a pause too (rule 7).
    In a pause none begins."""
    case = file.case
    runs = case.status == CaseStatus.IN_GRACE
    if verdict is Verdict.BELOW:
        case.recovery_since = None
    elif runs and verdict is Verdict.PASSING and case.recovery_since is None:
        case.recovery_since = file.now


def put_on_hold(file: CaseFile, reason: HoldReason, detail: str) -> None:
    """Wait for a person; staff are told (rule 1, 5, 8 or 13)."""
    case = file.case
    case.status = CaseStatus.ON_HOLD
    case.hold_reason = reason
    case.hold_detail = detail
    case.hold_since = file.now
    case.hold_count += 1  # in the keys of its notices: those of an earlier hold were sent
    case.hold_notices = 0
    case.recovery_since = None
    case.next = None
    if reason is HoldReason.GUARD:
        ids = [case.partner_id]
        guard.request(file.session, case.case_id, ids, detail, file.now, anew=True)
    record(file, Step.ON_HOLD, detail, came_to=reason)


def too_many(file: CaseFile) -> str | None:
    """Why one more partner warned or removed is for a person to approve; None: go on (rule 13).

    From here to the end of the transaction nobody else asks.
    """
    rule = file.policy.guard
    enough = rule.max_partners + 1  # so many decide, whatever the share
    lately = cases.how_many_acted_lately(file.session, file.case.partner_id, file.now, enough)
    if not guard_looks(rule, lately):
        return None  # mostly: the others need not be counted
    if not guard_holds(rule, lately, cases.enrolled(file.session)):
        return None
    counted = str(lately) if lately < enough else f"more than {rule.max_partners}"
    return f"{counted} other partners were warned or removed in the last 7 days"


def settle_guard(file: CaseFile, approved: bool, who: str, reason: str) -> None:
    """Record how the guard's question about this case ended, if one waits."""
    guard.settle(file.session, file.case.case_id, approved, who, reason, file.now)


def end_hold(file: CaseFile, status: CaseStatus) -> None:
    file.case.status = status
    file.case.hold_reason = None
    file.case.hold_detail = None
    file.case.hold_since = None
    file.case.hold_until = None


def intend(
    file: CaseFile,
    next_: Next,
    because: Because,
    assessment: Assessment | None = None,
    *,
    why: str = "",
) -> None:
    """Record what is decided; `apply_outcome` carries it out if nothing has changed by then.

    It was decided on all that is known: only what an import brings from here on is a change.
    """
    file.case.status = CaseStatus.DECIDING
    file.case.next = next_
    file.case.untold = False
    why = why or because.words
    settle_guard(file, False, actor(), why)
    record(file, Step.DECIDED, why, assessment, came_to=next_, because=because)


def conclude(file: CaseFile, outcome: Outcome, why: str) -> None:
    """Apply an outcome that moves nobody; the partner is told next."""
    file.case.status = CaseStatus.DECIDED
    file.case.outcome = outcome
    file.case.next = None
    file.case.decided_at = file.now
    if outcome is Outcome.VOIDED:
        responses.withdraw_of_case(file.session, file.case.case_id, why)
    settle_guard(file, False, actor(), why)
    if (appeal := appeals.open_appeal(file.session, file.case.partner_id)) is not None:
        appeals.settle(appeal, AppealState.MOOT, actor(), why, file.now)
    record(file, Step.CONCLUDED, why, came_to=outcome)
    appraisals.note(
        file.session,
        file.case.partner_id,
        f"Case {file.case.case_id} ended: {outcome.replace('_', ' ')} ({why}).",
        who=actor(),
        at=file.now,
        type=NoteType.OUTCOME,
        case_id=file.case.case_id,
        key=f"grace/{file.case.case_id}/outcome",
    )


def move_down(file: CaseFile, to: Landing, who: str, reason: str) -> Outcome:
    """Take the tier away: one tier down, or out (rule 11); counted by the guard (rule 13)."""
    case, below = file.case, to.tier
    cases.record_action(file.session, f"{case.case_id}/removed", case.partner_id, file.now)
    cases.change_tier(
        file.session,
        file.partner,
        below.key if below else None,
        key=f"grace/{case.case_id}/outcome",
        case_id=case.case_id,
        at=file.now,
        day=file.today,
        actor=who,
        reason=reason,
    )
    outcome = Outcome.DEMOTED if below else Outcome.REMOVED
    conclude(file, outcome, f"moved to {below.key}" if below else "out of the program")
    return outcome


def prepare_final_notice(file: CaseFile) -> None:
    """After a hold for want of data: a last notice, whose acceptance starts a last period."""
    case = file.case
    again = case.notice_kind == NoticeKind.FINAL_NOTICE
    case.attempt = case.attempt + 1 if again else 1
    case.notice_kind = NoticeKind.FINAL_NOTICE
    case.period_days = file.policy.grace.final_notice_days
    case.clock_from = case.stated_deadline = case.deadline = None
    case.recovery_since = None
    end_hold(file, CaseStatus.OPENED)
