"""Recording what a person did about a case, and refusing commands on an older state (rule 17)."""

from __future__ import annotations

from temporalio import activity

from activities.cases import case_steps as steps
from activities.judging.gathering import CaseFile
from partners.domain.cases.commands import Command, CommandKind
from partners.domain.cases.view import PlainCommand
from partners.domain.record.decisions import Step
from partners.domain.time.clock import ProgramClock
from partners.store.cases import cases
from partners.store.overrides import overrides
from partners.store.overrides.command_refusals import CaseChanged
from partners.store.tables.case_tables import InterventionRow


def refuse_if_changed(file: CaseFile, command: Command) -> None:
    """Raises CaseChanged for who saw another revision: somebody has acted upon the case since."""
    if command.revision in (0, file.case.revision):
        return
    newest = cases.decisions_of(file.session, file.case.partner_id)[-1]
    by = newest.actor.split(" ")[0] if newest.reason is None else newest.actor
    raise CaseChanged(file.case.partner_id, newest.step, by)


def request() -> str | None:
    """What names this activity, so that a repeat of it does nothing more; None outside of one."""
    if not activity.in_activity():
        return None
    info = activity.info()
    return f"{info.workflow_run_id}/{info.activity_id}"


def is_done(file: CaseFile) -> bool:
    """Whether an earlier attempt of this activity has carried it out."""
    name = request()
    return name is not None and overrides.of_request(file.session, name) is not None


def is_repeat(
    file: CaseFile, step: Step, command: PlainCommand | Command, clock: ProgramClock
) -> bool:
    """Whether an earlier attempt of this activity took a step that is recorded as a decision only.

    Its answer was lost with a worker; what it recorded is no older than the activity.
    """
    # A first attempt repeats nothing: the same command in the same words may be given twice.
    if not activity.in_activity() or activity.info().attempt == 1:
        return False
    done = cases.newest_decision(file.session, file.case.case_id, step)
    if done is None or (done.actor, done.reason) != (command.who, command.reason):
        return False
    return done.at >= clock.program_time(activity.info().scheduled_time)


def keep(file: CaseFile, kind: CommandKind, command: Command) -> InterventionRow:
    """Store what was done as an intervention, whose notice is sent, and as a decision."""
    case = file.case
    deed = overrides.Deed(
        kind,
        case.partner_id,
        command,
        at=file.now,
        policy_version=case.policy_version,
        tier=case.tier,
        to_tier=file.partner.tier,
        case_id=case.case_id,
        request=request(),
        deadline=case.deadline,
    )
    row = overrides.record(file.session, deed)
    steps.record(
        file, Step(kind), overrides.what_was_done(row), who=command.who, reason=command.reason
    )
    return row
