"""What each command does to an open case. Raises UserError with the reason where it is refused.

Also run by the command line for a preview, in a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable

from activities.cases import bounces, pauses, revisions
from activities.cases import case_steps as steps
from activities.cases.landing import landing
from activities.judging.gathering import CaseFile
from activities.judging.outlook import clock_of
from partners.domain.cases.case import CaseStatus, HoldReason, Outcome
from partners.domain.cases.commands import (
    AppealState,
    Beyond,
    CaseOrder,
    Intervention,
    later_deadline,
    why_no_extension,
    why_no_pause,
    why_no_removal,
)
from partners.store.cases import cases
from partners.store.overrides import appeals, overrides
from partners.store.overrides.overrides import refuse_if
from partners.store.record import recorder
from partners.store.tables.case_tables import InterventionRow
from partners.store.tables.program_tables import PartnerRow

SAY_WHERE = "publish a policy that says where it went (renamed_from), or reinstate"
_CLOSING = (CaseStatus.DECIDING, CaseStatus.DECIDED, CaseStatus.CLOSED)

Step = Callable[[CaseFile, CaseOrder], InterventionRow]


def carry_out(file: CaseFile, kind: Intervention, order: CaseOrder) -> InterventionRow:
    """Do what a person commands, unless the case is closing, or has changed since they looked."""
    if file.case.status in _CLOSING:
        refuse_if(f"the case is being closed: {file.case.outcome or file.case.next}")
    revisions.refuse_if_changed(file, order)
    recorder.sign(file.session, order.who, file.now)
    file.session.get_one(PartnerRow, file.case.partner_id, with_for_update=True)
    return STEPS[kind](file, order)


def _extend(file: CaseFile, order: CaseOrder) -> InterventionRow:
    case = file.case
    why = why_no_extension(
        clock_of(file), order.days, file.calendar, file.today, order.beyond_policy
    )
    refuse_if(why)
    assert case.deadline is not None
    case.deadline = later_deadline(file.calendar, case.deadline, order.days)
    case.period_days += order.days
    return revisions.keep(file, Intervention.EXTENDED, order)


def _refuse_unless_warned(file: CaseFile) -> None:
    if file.case.status == CaseStatus.OPENED:
        refuse_if("no clock runs yet: the warning has not been accepted")


def _pause(file: CaseFile, order: CaseOrder) -> InterventionRow:
    case = file.case
    _refuse_unless_warned(file)
    refuse_if(why_no_pause(case.status, case.hold_reason, order.until, file.today))
    pauses.stop(file, HoldReason.PAUSED, order.until)
    return revisions.keep(file, Intervention.PAUSED, order)


# ---- what ends the case ----


def _end(file: CaseFile, kind: Intervention, outcome: Outcome, order: CaseOrder) -> InterventionRow:
    row = revisions.keep(file, kind, order)
    steps.end_hold(file, CaseStatus.DECIDED)
    steps.conclude(file, outcome, f"by {order.who}")
    return row


def _refuse_if_moved(file: CaseFile) -> None:
    if file.partner.tier != file.case.tier:
        refuse_if(f"a person changed the tier meanwhile: {file.partner.tier or 'none'}")


def _waive(file: CaseFile, order: CaseOrder) -> InterventionRow:
    overrides.waive(file.session, file.case.partner_id, order, file.today)
    return _end(file, Intervention.WAIVED, Outcome.WAIVED, order)


def _reinstate(file: CaseFile, order: CaseOrder) -> InterventionRow:
    _refuse_if_moved(file)
    return _end(file, Intervention.REINSTATED, Outcome.REINSTATED, order)


def _remove(file: CaseFile, order: CaseOrder) -> InterventionRow:
    """Rule 1 holds for people, too, unless they say otherwise."""
    why = why_no_removal(clock_of(file), file.calendar, file.now, order.beyond_policy)
    refuse_if(why)
    if not order.beyond_policy and (found := bounces.undelivered(file)):
        notice = found[0].kind.replace("_", " ")
        refuse_if(Beyond(f"the {notice} did not arrive ({found[1]})"))
    _refuse_if_moved(file)
    to = landing(file)
    if to.nowhere is not None:
        refuse_if(f"{to.nowhere}; {SAY_WHERE}")
    cases.take_guards_turn(file.session)
    steps.end_hold(file, CaseStatus.DECIDED)
    steps.move_down(file, to, order.who, order.reason)
    return revisions.keep(file, Intervention.REMOVED, order)


def _block(file: CaseFile, order: CaseOrder) -> InterventionRow:
    """Beyond reviews, which ends the case; a block of some offers lets it go on."""
    overrides.block(file.session, file.case.partner_id, order, file.today)
    if order.offers:
        return revisions.keep(file, Intervention.BLOCKED, order)
    return _end(file, Intervention.BLOCKED, Outcome.BLOCKED, order)


def _unblock(file: CaseFile, order: CaseOrder) -> InterventionRow:
    overrides.unblock(file.session, file.case.partner_id, file.today)
    return revisions.keep(file, Intervention.UNBLOCKED, order)


# ---- appeals ----


def _appeal(file: CaseFile, order: CaseOrder) -> InterventionRow:
    """The decision waits for the answer: the clock stops, unless it stands still already."""
    case = file.case
    _refuse_unless_warned(file)
    appeals.open_new(file.session, case.partner_id, order, file.now, case_id=case.case_id)
    if case.status != CaseStatus.ON_HOLD:
        pauses.stop(file, HoldReason.APPEAL)
    return revisions.keep(file, Intervention.APPEALED, order)


def _uphold(file: CaseFile, order: CaseOrder) -> InterventionRow:
    """The warning stands, and the case goes on."""
    case = file.case
    appeals.answer(file.session, case.partner_id, AppealState.UPHELD, order, file.now)
    if case.hold_reason == HoldReason.APPEAL:
        pauses.go_on(file)
    return revisions.keep(file, Intervention.UPHELD, order)


def _overturn(file: CaseFile, order: CaseOrder) -> InterventionRow:
    """The case is void."""
    who = file.case.partner_id
    row = appeals.answer(file.session, who, AppealState.OVERTURNED, order, file.now)
    if row.case_id != file.case.case_id:
        refuse_if("the appeal is about an earlier removal, and a case is open: end it first")
    return _end(file, Intervention.OVERTURNED, Outcome.VOIDED, order)


STEPS: dict[Intervention, Step] = {
    Intervention.EXTENDED: _extend,
    Intervention.PAUSED: _pause,
    Intervention.WAIVED: _waive,
    Intervention.REINSTATED: _reinstate,
    Intervention.REMOVED: _remove,
    Intervention.BLOCKED: _block,
    Intervention.UNBLOCKED: _unblock,
    Intervention.APPEALED: _appeal,
    Intervention.UPHELD: _uphold,
    Intervention.OVERTURNED: _overturn,
}
