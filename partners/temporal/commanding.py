"""People's commands on an open case: how the workflow of the case takes each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio.client import Client

from partners.domain.cases.commands import CommandKind, SignedCommand
from partners.temporal import running
from workflows.grace_period import GracePeriod
from workflows.kit.options import grace_workflow_id

UPDATES: dict[CommandKind, Callable[..., Any]] = {
    CommandKind.EXTENDED: GracePeriod.extend,
    CommandKind.PAUSED: GracePeriod.pause,
    CommandKind.RESUMED: GracePeriod.resume,
    CommandKind.WAIVED: GracePeriod.waive,
    CommandKind.REINSTATED: GracePeriod.reinstate,
    CommandKind.REMOVED: GracePeriod.remove,
    CommandKind.BLOCKED: GracePeriod.block,
    CommandKind.UNBLOCKED: GracePeriod.unblock,
    CommandKind.APPEALED: GracePeriod.appeal,
    CommandKind.UPHELD: GracePeriod.uphold,
    CommandKind.OVERTURNED: GracePeriod.overturn,
}
"""Those that a case takes; for any other there must be no open case."""


async def command_case(
    client: Client, partner_id: str, update: Any, command: SignedCommand
) -> str | None:
    """Give a command to the partner's case; its answer, or None if no workflow runs.

    Raises UserError with the case's own reason if it refuses.
    """
    return await running.command(client, grace_workflow_id(partner_id), update, command)
