"""The way to the workflows of exclusives: start them, or have them look again."""

from __future__ import annotations

from temporalio.service import RPCError, RPCStatusCode

from partners.domain.exclusives.view import ExclusiveInput
from partners.temporal.running import LISTED, Kind, OnePerPartner
from workflows.kit import options
from workflows.kit.words import exclusive_words
from workflows.offers import exclusive_term

RUNNING = 'WorkflowType = "ExclusiveTerm" AND ExecutionStatus = "Running"'


class RunningExclusives(OnePerPartner):
    """Look at exclusives, by their ids: see `activities.exclusives.exclusive_watch_activities`."""

    kind = Kind(
        exclusive_term.ExclusiveTerm.run,
        ExclusiveInput,
        options.exclusive_workflow_id,
        exclusive_words,
    )

    async def looked_after(self) -> set[str] | None:
        """Exclusives for which a workflow runs; None where the server keeps no list of them."""
        found = self._client.list_workflows(RUNNING, page_size=LISTED)
        prefix = options.exclusive_workflow_id("")
        try:
            return {one.id.removeprefix(prefix) async for one in found}
        except RPCError as error:
            if error.status != RPCStatusCode.UNIMPLEMENTED:  # the server that skips time
                raise
            return None
