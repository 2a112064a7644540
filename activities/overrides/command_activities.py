"""People's commands on an open case (rule 16): one transaction each, carried out once."""

from __future__ import annotations

from temporalio import activity

from activities.cases import case_revision, pauses, withdrawing
from activities.cases.view import view
from activities.judging.gathering import CaseFile
from activities.overrides import command_steps
from activities.refusing import refusing
from activities.services import Activities, Services, program_now
from partners.domain.cases.commands import CaseCommand, CommandKind
from partners.domain.cases.view import CaseRef, CaseView


class CaseCommandActivities(Activities):
    """Commands about a case; `activities.overrides.command_steps` says what each does."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def _carry_out(self, kind: CommandKind, command: CaseCommand) -> CaseView:
        """Refused: the activity fails for good, with the reason, and nothing has changed."""
        now = program_now(self._services.clock)
        with refusing(command), self._services.database.write() as session:
            file = CaseFile.of(session, command.case_id, now)
            # Before any refusal: a repeat whose first answer was lost would be refused for what it
            # has done itself.
            if not case_revision.is_done(file):
                command_steps.carry_out(file, kind, command)
                withdrawing.withdraw_of_case(file)
            return view(file, self._services)

    @activity.defn
    def extend_case(self, command: CaseCommand) -> CaseView:
        """Move the deadline later by `days`."""
        return self._carry_out(CommandKind.EXTENDED, command)

    @activity.defn
    def pause_case(self, command: CaseCommand) -> CaseView:
        """Stop the clock, until a person resumes or through the day `until`."""
        return self._carry_out(CommandKind.PAUSED, command)

    @activity.defn
    def end_pause(self, ref: CaseRef) -> CaseView:
        """Let a paused case go on whose last day of pause is over."""
        now = program_now(self._services.clock)
        with self._services.database.write() as session:
            file = CaseFile.of(session, ref.case_id, now)
            if pauses.is_over(file):
                pauses.end(file)
                withdrawing.withdraw_of_case(file)
            return view(file, self._services)

    @activity.defn
    def waive_case(self, command: CaseCommand) -> CaseView:
        """End the case; nobody judges the partner through the day `until`."""
        return self._carry_out(CommandKind.WAIVED, command)

    @activity.defn
    def reinstate_case(self, command: CaseCommand) -> CaseView:
        """End the case: the partner keeps the tier."""
        return self._carry_out(CommandKind.REINSTATED, command)

    @activity.defn
    def remove_case(self, command: CaseCommand) -> CaseView:
        """End the case: the partner leaves the tier."""
        return self._carry_out(CommandKind.REMOVED, command)

    @activity.defn
    def block_case(self, command: CaseCommand) -> CaseView:
        """End the case: the partner is beyond reviews. With offers: block those, and go on."""
        return self._carry_out(CommandKind.BLOCKED, command)

    @activity.defn
    def unblock_case(self, command: CaseCommand) -> CaseView:
        """End a block of some offers."""
        return self._carry_out(CommandKind.UNBLOCKED, command)

    @activity.defn
    def appeal_case(self, command: CaseCommand) -> CaseView:
        """Open an appeal: the decision waits for its answer."""
        return self._carry_out(CommandKind.APPEALED, command)

    @activity.defn
    def uphold_case(self, command: CaseCommand) -> CaseView:
        """Answer the appeal: the case goes on."""
        return self._carry_out(CommandKind.UPHELD, command)

    @activity.defn
    def overturn_case(self, command: CaseCommand) -> CaseView:
        """Answer the appeal: the case is void."""
        return self._carry_out(CommandKind.OVERTURNED, command)
