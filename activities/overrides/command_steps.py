"""What each command does to an open case. Raises UserError with the reason where it is refused.

Also run by the command line for a preview, in a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable

from activities.cases import bounces, case_revision, pauses
from activities.cases import case_steps as steps
from activities.cases.landing import landing
from activities.judging.gathering import CaseFile
from activities.judging.outlook import clock_of
from partners.domain.cases.case import CaseStatus, HoldReason, Outcome
from partners.domain.cases.commands import (
    AppealState,
    Beyond,
    CaseCommand,
    CommandKind,
    later_deadline,
    why_no_extension,
    why_no_pause,
    why_no_removal,
)
from partners.store.cases import cases
from partners.store.offers.catalogue import known_offer
from partners.store.overrides import appeals, overrides
from partners.store.overrides.overrides import refuse_if
from partners.store.record import recorder
from partners.store.tables.case_tables import InterventionRow

SAY_WHERE = "publish a policy that says where it went (renamed_from), or reinstate"
_CLOSING = (CaseStatus.DECIDING, CaseStatus.DECIDED, CaseStatus.CLOSED)

Step = Callable[[CaseFile, CaseCommand], InterventionRow]


def carry_out(file: CaseFile, kind: CommandKind, command: CaseCommand) -> InterventionRow:
    """Do what a person commands, unless the case is closing, or has changed since they looked."""
    if file.case.status in _CLOSING:
        refuse_if(f"the case is being closed: {file.case.outcome or file.case.next}")
    case_revision.refuse_if_changed(file, command)
    recorder.sign(file.session, command.who, file.now)
    # The partner too, and read anew: the steps compare the tier before they change it, and look for
    # overrides before they write one.
    file.lock_partner()
    return STEPS[kind](file, command)


def _extend(file: CaseFile, command: CaseCommand) -> InterventionRow:
    case = file.case
    why = why_no_extension(
        clock_of(file), command.days, file.calendar, file.today, command.beyond_policy
    )
    refuse_if(why)
    assert case.deadline is not None
    case.deadline = later_deadline(file.calendar, case.deadline, command.days)
    case.period_days += command.days
    return case_revision.keep(file, CommandKind.EXTENDED, command)


def _refuse_unless_warned(file: CaseFile) -> None:
    if file.case.status == CaseStatus.OPENED:
        refuse_if("no clock runs yet: the warning has not been accepted")


def _pause(file: CaseFile, command: CaseCommand) -> InterventionRow:
    case = file.case
    _refuse_unless_warned(file)
    refuse_if(why_no_pause(case.status, case.hold_reason, command.until, file.today))
    pauses.stop(file, HoldReason.PAUSED, command.until)
    return case_revision.keep(file, CommandKind.PAUSED, command)


# ---- what ends the case ----


def _end(
    file: CaseFile, kind: CommandKind, outcome: Outcome, command: CaseCommand
) -> InterventionRow:
    row = case_revision.keep(file, kind, command)
    steps.end_hold(file, CaseStatus.DECIDED)
    steps.conclude(file, outcome, f"by {command.who}")
    return row


def _refuse_if_moved(file: CaseFile) -> None:
    if file.partner.tier != file.case.tier:
        refuse_if(f"a person changed the tier meanwhile: {file.partner.tier or 'none'}")


def _waive(file: CaseFile, command: CaseCommand) -> InterventionRow:
    overrides.waive(file.session, file.case.partner_id, command, file.today)
    return _end(file, CommandKind.WAIVED, Outcome.WAIVED, command)


def _reinstate(file: CaseFile, command: CaseCommand) -> InterventionRow:
    _refuse_if_moved(file)
    return _end(file, CommandKind.REINSTATED, Outcome.REINSTATED, command)


def _remove(file: CaseFile, command: CaseCommand) -> InterventionRow:
    """Rule 1 holds for people, too, unless they say otherwise."""
    why = why_no_removal(clock_of(file), file.calendar, file.now, command.beyond_policy)
    refuse_if(why)
    if not command.beyond_policy and (found := bounces.undelivered(file)):
        notice = found[0].kind.replace("_", " ")
        refuse_if(Beyond(f"the {notice} did not arrive ({found[1]})"))
    _refuse_if_moved(file)
    to = landing(file)
    if to.nowhere is not None:
        refuse_if(f"{to.nowhere}; {SAY_WHERE}")
    # A person is not held by the guard, but is counted: without its turn, a step that counts at
    # this moment would not see this removal.
    cases.take_guards_turn(file.session)
    steps.end_hold(file, CaseStatus.DECIDED)
    steps.move_down(file, to, command.who, command.reason)
    # After the move: what is kept names the tier that the partner came to.
    return case_revision.keep(file, CommandKind.REMOVED, command)


def _block(file: CaseFile, command: CaseCommand) -> InterventionRow:
    """Beyond reviews, which ends the case; a block of some offers lets it go on."""
    known_offer.all_living(file.session, command.offers)
    overrides.block(file.session, file.case.partner_id, command, file.today)
    if command.offers:
        return case_revision.keep(file, CommandKind.BLOCKED, command)
    return _end(file, CommandKind.BLOCKED, Outcome.BLOCKED, command)


def _unblock(file: CaseFile, command: CaseCommand) -> InterventionRow:
    overrides.unblock(file.session, file.case.partner_id, file.today)
    return case_revision.keep(file, CommandKind.UNBLOCKED, command)


# ---- appeals ----


def _appeal(file: CaseFile, command: CaseCommand) -> InterventionRow:
    """The decision waits for the answer: the clock stops, unless it stands still already."""
    case = file.case
    _refuse_unless_warned(file)
    appeals.open_new(file.session, case.partner_id, command, file.now, case_id=case.case_id)
    if case.status != CaseStatus.ON_HOLD:
        pauses.stop(file, HoldReason.APPEAL)
    return case_revision.keep(file, CommandKind.APPEALED, command)


def _uphold(file: CaseFile, command: CaseCommand) -> InterventionRow:
    """The warning stands, and the case goes on."""
    case = file.case
    appeals.answer(file.session, case.partner_id, AppealState.UPHELD, command, file.now)
    if case.hold_reason == HoldReason.APPEAL:
        pauses.go_on(file)  # after the answer: an open appeal keeps the clock stopped
    return case_revision.keep(file, CommandKind.UPHELD, command)


def _overturn(file: CaseFile, command: CaseCommand) -> InterventionRow:
    """The case is void."""
    who = file.case.partner_id
    row = appeals.answer(file.session, who, AppealState.OVERTURNED, command, file.now)
    if row.case_id != file.case.case_id:
        refuse_if("the appeal is about an earlier removal, and a case is open: end it first")
    return _end(file, CommandKind.OVERTURNED, Outcome.VOIDED, command)


STEPS: dict[CommandKind, Step] = {
    CommandKind.EXTENDED: _extend,
    CommandKind.PAUSED: _pause,
    CommandKind.WAIVED: _waive,
    CommandKind.REINSTATED: _reinstate,
    CommandKind.REMOVED: _remove,
    CommandKind.BLOCKED: _block,
    CommandKind.UNBLOCKED: _unblock,
    CommandKind.APPEALED: _appeal,
    CommandKind.UPHELD: _uphold,
    CommandKind.OVERTURNED: _overturn,
}
