"""The activities of a case. Each is one transaction: gather, decide by the domain, apply.

Each is safe to repeat: it first looks whether what it would do has been done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from temporalio import activity

from activities.apart import apart, keep_aside
from activities.cases import bounces, case_responses, case_revision, pauses, withdrawing
from activities.cases import case_steps as steps
from activities.cases.landing import landing
from activities.cases.view import view
from activities.judging.case_opening import open_or_continue
from activities.judging.deciding import at_deadline, why_void
from activities.judging.gathering import CaseFile
from activities.judging.moments import decision_at, recovery_until
from activities.refusing import refusal, refusing
from activities.services import Activities, Services, actor, program_now
from partners.domain.cases.case import CaseStatus, HoldReason, Next, NotOpened, Outcome
from partners.domain.cases.commands import CaseCommand
from partners.domain.cases.view import (
    ApplyOutcome,
    CaseRef,
    CaseView,
    Opening,
    PartnerRef,
    PlainCommand,
)
from partners.domain.judging.aside import During
from partners.domain.judging.assessment import Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.number_words import number_of
from partners.domain.record.decisions import Because, Step
from partners.store.mail import outbox
from partners.store.overrides.overrides import refuse_if
from partners.store.policy import renames

_OVER = (CaseStatus.DECIDED, CaseStatus.CLOSED)


class CaseActivities(Activities):
    """Everything a case does to the database, apart from its notices."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @contextmanager
    def _file(self, case_id: str) -> Iterator[CaseFile]:
        now = program_now(self._services.clock)
        with self._services.database.write() as session:
            file = CaseFile.of(session, case_id, now)
            yield file
            withdrawing.withdraw_of_case(file)

    def _view(self, file: CaseFile) -> CaseView:
        return view(file, self._services)

    def _is_repeat(self, file: CaseFile, step: Step, command: PlainCommand | CaseCommand) -> bool:
        return case_revision.is_repeat(file, step, command, self._services.clock)

    @activity.defn
    def open_case(self, partner: PartnerRef) -> Opening:
        """Judge the partner and open a case, or go on with the one that is open."""
        now = program_now(self._services.clock)
        found, failed = apart(partner.partner_id, lambda: self._open_case(partner, now))
        keep_aside(self._services.database, During.STANDARDS, partner.partner_id, failed, now)
        return found or Opening(None, NotOpened.SET_ASIDE)

    def _open_case(self, partner: PartnerRef, now: datetime) -> Opening:
        with self._services.database.write() as session:
            file, judgement = open_or_continue(session, partner.partner_id, now)
            if file is not None:
                return Opening(self._view(file), continued=judgement is None)
            assert judgement is not None
            assert judgement.reason is not None
            check_in = judgement.reason is NotOpened.CHECK_IN
            return Opening(None, judgement.reason, judgement.detail, check_in=check_in)

    @activity.defn
    def assess_case(self, ref: CaseRef) -> CaseView:
        """Look at the newest numbers: start or stop the recovery hold (rule 7), or find that the
        warning was wrong (rule 19), or that it did not arrive (rule 1)."""
        with self._file(ref.case_id) as file:
            case = file.case
            if case.status not in (CaseStatus.IN_GRACE, CaseStatus.ON_HOLD):
                return self._view(file)
            # Before the numbers: where the warning did not arrive, they lead to nothing (rule 1).
            if bounces.stop_if_undelivered(file):
                return self._view(file)
            if not file.was_below():
                steps.intend(file, Next.VOID, Because.CORRECTED_DATA)
            elif (as_of := file.cure_day()) is not None:
                assessment = file.assess_cure(as_of)
                steps.take_in(file, assessment)
                steps.note_recovery(file, assessment.verdict)
                steps.assessed(file, assessment)
            return self._view(file)

    @activity.defn
    def decide_case(self, ref: CaseRef) -> CaseView:
        """Decide, if it is time: at the end of a recovery hold, or on the decision day.

        Comes back `deciding` with the intention, `on_hold`, or `in_grace` where the decision has
        to wait.
        """
        with self._file(ref.case_id) as file:
            bounces.stop_if_undelivered(file)  # first: it may take the case out of its grace
            if file.case.status == CaseStatus.IN_GRACE:
                _decide(file)
            return self._view(file)

    @activity.defn
    def apply_outcome(self, request: ApplyOutcome) -> CaseView:
        """Carry out what was decided, if the case and the partner are still as they were then.

        Otherwise the case goes back to where it is decided again (rule 17).
        """
        with self._file(request.case_id) as file:
            case = file.case
            if case.status != CaseStatus.DECIDING:
                return self._view(file)
            # Both are locked, so what is compared here holds until the commit. An import raises no
            # revision, so what it has left to tell is asked for besides.
            file.lock_partner()
            changed = case.revision != request.revision or case.untold
            if case.next == Next.REMOVE and bounces.undelivered(file):
                changed = True
            if outbox.stopped(file.session, NoticeKind.REMOVAL) and case.next == Next.REMOVE:
                pass  # nobody is removed while they cannot be told
            elif changed or (file.partner.tier != case.tier and case.next != Next.VOID):
                held = case.hold_reason is not None
                case.status = CaseStatus.ON_HOLD if held else CaseStatus.IN_GRACE
                case.next, case.silent = None, False
                steps.record(file, Step.DECIDE_AGAIN, "the numbers or the tier changed meanwhile")
            elif case.next == Next.REMOVE:
                _remove(file)
            elif case.next == Next.VOID:
                steps.conclude(file, Outcome.VOIDED, "the case should not have been opened")
            else:
                steps.conclude(file, Outcome.REINSTATED, "every warned criterion is cured")
            return self._view(file)

    @activity.defn
    def resume_case(self, command: CaseCommand) -> CaseView:
        """A person ends a hold; what follows depends on its reason."""
        with refusing(command), self._file(command.case_id) as file:
            case = file.case
            # Before any refusal: a repeat whose first answer was lost has ended the hold already.
            if case_revision.is_done(file) or self._is_repeat(file, Step.RESUMED, command):
                return self._view(file)
            if case.status != CaseStatus.ON_HOLD:
                raise refusal(f"the case is not on hold, it is {case.status}")
            pauses.refuse_resumption(file, command)
            reason = case.hold_reason
            if reason == HoldReason.PAUSED:
                pauses.resume(file, command)
                return self._view(file)
            steps.record(file, Step.RESUMED, came_to=reason, who=command.who, reason=command.reason)
            if reason == HoldReason.UNDELIVERABLE:
                case.attempt += 1  # under the key of the failed one, that one would answer again
                steps.end_hold(file, CaseStatus.OPENED)
            elif reason == HoldReason.GUARD:
                case.approved_by = command.who
                steps.settle_guard(file, True, command.who, command.reason)
                warned = case.clock_from is not None
                steps.end_hold(file, CaseStatus.IN_GRACE if warned else CaseStatus.OPENED)
            elif reason == HoldReason.TIER:
                steps.end_hold(file, CaseStatus.IN_GRACE)  # whose decision is due
            else:
                _resume_for_want_of_data(file)
            return self._view(file)

    @activity.defn
    def void_case(self, command: PlainCommand) -> CaseView:
        """A person ends the case as if it had not been; a warned partner gets a correction."""
        with refusing(command), self._file(command.case_id) as file:
            # Before any refusal: a repeat whose first answer was lost has ended the case already.
            if not self._is_repeat(file, Step.VOIDED, command):
                void(file, command)
            return self._view(file)

    @activity.defn
    def close_case(self, ref: CaseRef) -> CaseView:
        """Close a case whose outcome has been told."""
        with self._file(ref.case_id) as file:
            if file.case.status == CaseStatus.DECIDED:
                file.case.status = CaseStatus.CLOSED
                file.case.closed_at = file.now
                file.case.untold = False
                # Not before: while the case is open it judges by the tier's old name (ADR 011). And
                # locked: a version that is being published sees the case closed, or is seen here.
                file.lock_partner()
                since = file.case.policy_version
                renames.catch_up(file.session, file.partner, since, file.now, actor())
                steps.record(file, Step.CLOSED, came_to=file.case.outcome)
            return self._view(file)


def void(file: CaseFile, command: PlainCommand) -> None:
    """A person ends the case. Raises UserError, with the reason, where that is refused."""
    case = file.case
    if case.status in _OVER:
        refuse_if(f"the case is over: {case.outcome}")
    if case.status == CaseStatus.DECIDING and not command.silent:  # silent: cancelled
        refuse_if(f"the case is being closed: {case.next}")
    case_revision.refuse_if_changed(file, command)
    case.silent = command.silent or command.quiet
    how = "by a person, quietly" if command.quiet else "by a person"
    steps.settle_guard(file, False, command.who, command.reason)
    steps.record(file, Step.VOIDED, how, who=command.who, reason=command.reason)
    steps.end_hold(file, CaseStatus.DECIDED)
    steps.conclude(file, Outcome.VOIDED, command.reason)


def _decide(file: CaseFile) -> None:
    due = decision_at(file)
    assert due is not None
    if because := why_void(file):
        steps.intend(file, Next.VOID, because)
    elif file.now >= due:
        _decide_for_the_deadline(file)
    elif (until := recovery_until(file)) is not None and file.now >= until:
        _end_recovery(file)


def _decide_for_the_deadline(file: CaseFile) -> None:
    """Rule 8: as of the deadline; without the feed wait, then hold."""
    decision = at_deadline(file)
    if decision.assessment is not None:
        steps.take_in(file, decision.assessment)
    if decision.next is Next.HOLD:
        assert decision.hold is not None
        steps.put_on_hold(file, decision.hold, decision.why)
    elif decision.next is not None:
        steps.intend(
            file, decision.next, Because.AT_DEADLINE, decision.assessment, why=decision.why
        )


def _end_recovery(file: CaseFile) -> None:
    """Rule 7: still cured when the hold ends: reinstated; else the hold is over."""
    assessment = file.assess_cure(file.cure_day() or file.today)
    steps.take_in(file, assessment)
    if assessment.verdict is Verdict.PASSING:
        days = file.policy.grace.recovery_hold_days
        why = f"cured for {number_of(days, 'day')}"
        steps.intend(file, Next.REINSTATE, Because.RECOVERY_HELD, assessment, why=why)
    else:
        file.case.recovery_since = None
        steps.record(file, Step.ASSESSED, f"no longer cured: {assessment.verdict}", assessment)


def _remove(file: CaseFile) -> None:
    """Move the partner down or out, unless the guard holds (rules 11 and 13)."""
    case, to = file.case, landing(file)
    if to.nowhere is not None:
        steps.put_on_hold(file, HoldReason.TIER, to.nowhere)
        return
    # Asked last: from here to the commit every other warning and removal waits for its turn.
    detail = steps.too_many(file)
    if detail and not case.approved_by:
        steps.put_on_hold(file, HoldReason.GUARD, detail)
        return
    case.approved_by = None  # used up
    case_responses.note_removal(file)
    steps.move_down(file, to, actor(), "below standards at the deadline")


def _resume_for_want_of_data(file: CaseFile) -> None:
    """Assess again: cured: reinstate; failing: a final notice; still too little: stay on hold."""
    assessment = file.assess_cure(file.newest_day() or file.today)
    steps.take_in(file, assessment)
    steps.assessed(file, assessment)
    if assessment.verdict is Verdict.PASSING:
        steps.end_hold(file, CaseStatus.DECIDING)
        steps.intend(file, Next.REINSTATE, Because.CURED_AFTER_HOLD, assessment)
    elif assessment.verdict is Verdict.BELOW:
        steps.prepare_final_notice(file)
