"""People's commands on an open case: how the workflow of the case takes each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio.client import Client

from partners.domain.cases.commands import Intervention, PersonsOrder
from partners.temporal import running
from workflows.grace_period import GracePeriod
from workflows.kit.options import grace_workflow_id

UPDATES: dict[Intervention, Callable[..., Any]] = {
    Intervention.EXTENDED: GracePeriod.extend,
    Intervention.PAUSED: GracePeriod.pause,
    Intervention.RESUMED: GracePeriod.resume,
    Intervention.WAIVED: GracePeriod.waive,
    Intervention.REINSTATED: GracePeriod.reinstate,
    Intervention.REMOVED: GracePeriod.remove,
    Intervention.BLOCKED: GracePeriod.block,
    Intervention.UNBLOCKED: GracePeriod.unblock,
    Intervention.APPEALED: GracePeriod.appeal,
    Intervention.UPHELD: GracePeriod.uphold,
    Intervention.OVERTURNED: GracePeriod.overturn,
}
"""Those that a case takes; for any other there must be no open case."""


async def command_case(
    client: Client, partner_id: str, update: Any, order: PersonsOrder, seen: str
) -> str | None:
    """Give a command to the partner's case; its answer, or None if no workflow runs.

    Raises UserError with the case's own reason if it refuses, and `running.NotAnswered`.
    """
    return await running.command(client, grace_workflow_id(partner_id), update, order, seen)
