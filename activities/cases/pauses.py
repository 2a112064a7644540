"""Stopping a case's clock and letting it go on: a pause adds its own length (rule 12)."""

from __future__ import annotations

from datetime import date

from activities.cases import bounces, case_revision
from activities.cases import case_steps as steps
from activities.judging.gathering import CaseFile
from activities.services import actor
from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.cases.commands import CaseCommand, CommandKind, resumed_deadline
from partners.domain.record.decisions import Step
from partners.store.overrides import appeals, overrides
from partners.store.overrides.command_refusals import AppealWaits


def stop(file: CaseFile, reason: HoldReason, until: date | None = None) -> None:
    """Stop the clock. A recovery that had begun goes on where it was."""
    since = file.case.recovery_since  # any other hold ends it: see `put_on_hold`
    detail = f"until {until}" if until else ""
    steps.put_on_hold(file, reason, detail)
    file.case.hold_until = until
    file.case.recovery_since = since


def go_on(file: CaseFile) -> bool:
    """Let the clock go on; with an appeal open it stays stopped until that is answered. Whether
    the hold has ended: a notice that came back meanwhile stops the clock for another reason."""
    case = file.case
    assert case.hold_since is not None
    if appeals.open_appeal(file.session, case.partner_id) is not None:
        case.hold_reason, case.hold_detail, case.hold_until = HoldReason.APPEAL, "", None
        return False
    if case.recovery_since is not None:
        case.recovery_since += file.now - case.hold_since
    if case.deadline is not None:
        case.deadline = resumed_deadline(file.calendar, case.deadline, case.hold_since, file.now)
    steps.end_hold(file, CaseStatus.IN_GRACE)
    bounces.stop_if_undelivered(file)  # last: only a clock that runs can be stopped by it
    return True


def refuse_resumption(file: CaseFile, command: CaseCommand) -> None:
    """Raises a refusal if the hold cannot be ended."""
    case_revision.refuse_if_changed(file, command)
    appealed = appeals.open_appeal(file.session, file.case.partner_id) is not None
    if appealed and file.case.hold_reason != HoldReason.PAUSED:
        raise AppealWaits(file.case.partner_id)


def resume(file: CaseFile, command: CaseCommand) -> None:
    """End a pause; the partner is told of the new deadline."""
    if go_on(file):
        case_revision.keep(file, CommandKind.RESUMED, command)
    else:
        why = "the pause is over; the appeal waits for an answer"
        steps.record(file, Step.RESUMED, why, who=command.who, reason=command.reason)


def end(file: CaseFile) -> None:
    """The pause's last day is over; the partner is told as they were of the pause."""
    done = overrides.of_case(file.session, file.case.case_id)
    quiet = [row.quiet for row in done if row.kind == CommandKind.PAUSED][-1:]
    why = f"the pause ended on {file.case.hold_until}"
    resume(file, CaseCommand(actor(), why, quiet=quiet == [True]))


def is_over(file: CaseFile) -> bool:
    """Whether a pause that has a last day has ended."""
    case = file.case
    if case.status != CaseStatus.ON_HOLD or case.hold_reason != HoldReason.PAUSED:
        return False
    return case.hold_until is not None and file.now >= file.calendar.end_of(case.hold_until)
