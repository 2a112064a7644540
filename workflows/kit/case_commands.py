"""People's commands on an open case, as updates; each waits for its turn between two steps."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.cases.activities import CaseActivities
from activities.cases.migration_activities import MigrationActivities
from activities.overrides.command_activities import CaseCommandActivities
from partners.domain.cases.case import CaseStatus
from partners.domain.cases.commands import Command
from partners.domain.overrides.override import why_too_many_days
from workflows.kit import timeline
from workflows.kit.case_run import CaseRun
from workflows.kit.commands import SignedCommand


class CaseCommands:
    """The updates of a case. Each is checked before it leaves a trace, and again when its turn
    has come: whatever it finds by then decides. A refusal changes nothing and says why.

    What a command may say: `who` and `reason` always; `days` (extend: 1 to 366), `until` (pause,
    waive, block: the last day, at most 5 years ahead), `offers` (block: only these),
    `beyond_policy` (extend, remove), `quiet` (the partner is not told), `revision` (of the case as
    the person saw it).
    """

    _run: CaseRun

    def _check(self, command: SignedCommand) -> None:
        self._run.check(command)

    @workflow.update(description="End a hold or a pause. Who and why are recorded.")
    async def resume(self, command: Command) -> str:
        return await self._run.commands.give("resume", CaseActivities.resume_case, command)

    @resume.validator
    def _check_resume(self, command: Command) -> None:
        self._check(command)
        if self._run.case.status is not CaseStatus.ON_HOLD:
            state = timeline.state_of(self._run.case)
            raise ApplicationError(f"refused: the case is not on hold. {state}")

    @workflow.update(description="End the case as if it had not been; a warned partner is told.")
    async def void(self, command: SignedCommand) -> str:
        return await self._run.commands.give("void", CaseActivities.void_case, command)

    @void.validator
    def _check_void(self, command: SignedCommand) -> None:
        self._check(command)

    @workflow.update(description="Judge the case by the policy now in force (rule 6).")
    async def migrate(self, command: SignedCommand) -> str:
        return await self._run.commands.give("migrate", MigrationActivities.migrate_case, command)

    @migrate.validator
    def _check_migrate(self, command: SignedCommand) -> None:
        self._check(command)

    @workflow.update(description="Move the deadline later by so many days.")
    async def extend(self, command: Command) -> str:
        return await self._run.commands.give("extend", CaseCommandActivities.extend_case, command)

    @extend.validator
    def _check_extend(self, command: Command) -> None:
        self._check(command)
        if why := why_too_many_days(command.days):
            raise ApplicationError(f"refused: {why}")

    @workflow.update(description="Stop the clock, until resumed or through the day `until`.")
    async def pause(self, command: Command) -> str:
        return await self._run.commands.give("pause", CaseCommandActivities.pause_case, command)

    @pause.validator
    def _check_pause(self, command: Command) -> None:
        self._check(command)

    @workflow.update(description="End the case: the partner is not judged through `until`.")
    async def waive(self, command: Command) -> str:
        return await self._run.commands.give("waive", CaseCommandActivities.waive_case, command)

    @waive.validator
    def _check_waive(self, command: Command) -> None:
        self._check(command)

    @workflow.update(description="End the case: the partner keeps the tier.")
    async def reinstate(self, command: Command) -> str:
        activity = CaseCommandActivities.reinstate_case
        return await self._run.commands.give("reinstate", activity, command)

    @reinstate.validator
    def _check_reinstate(self, command: Command) -> None:
        self._check(command)

    @workflow.update(description="End the case: the partner leaves the tier (rule 1 holds).")
    async def remove(self, command: Command) -> str:
        return await self._run.commands.give("remove", CaseCommandActivities.remove_case, command)

    @remove.validator
    def _check_remove(self, command: Command) -> None:
        self._check(command)

    @workflow.update(description="Beyond reviews, which ends the case; or block some offers.")
    async def block(self, command: Command) -> str:
        return await self._run.commands.give("block", CaseCommandActivities.block_case, command)

    @block.validator
    def _check_block(self, command: Command) -> None:
        self._check(command)

    @workflow.update(description="End a block of some offers.")
    async def unblock(self, command: Command) -> str:
        return await self._run.commands.give("unblock", CaseCommandActivities.unblock_case, command)

    @unblock.validator
    def _check_unblock(self, command: Command) -> None:
        self._check(command)

    @workflow.update(description="The partner appeals: the decision waits for the answer.")
    async def appeal(self, command: Command) -> str:
        return await self._run.commands.give("appeal", CaseCommandActivities.appeal_case, command)

    @appeal.validator
    def _check_appeal(self, command: Command) -> None:
        self._check(command)

    @workflow.update(description="Answer the appeal: the warning stands, the case goes on.")
    async def uphold(self, command: Command) -> str:
        return await self._run.commands.give("uphold", CaseCommandActivities.uphold_case, command)

    @uphold.validator
    def _check_uphold(self, command: Command) -> None:
        self._check(command)

    @workflow.update(description="Answer the appeal: the case is void.")
    async def overturn(self, command: Command) -> str:
        activity = CaseCommandActivities.overturn_case
        return await self._run.commands.give("overturn", activity, command)

    @overturn.validator
    def _check_overturn(self, command: Command) -> None:
        self._check(command)
