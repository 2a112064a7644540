"""A person's command to the workflow of an open case."""

from __future__ import annotations

from typing import Any

from partners.domain.cases.commands import SignedCommand
from partners.loading import on_use
from partners.store.people.known_partner import known_partner
from partners.use_cases.acting import Manager
from partners.use_cases.cases.case_refusals import NoWorkflowRuns

with on_use():
    from partners.temporal import commanding
    from workflows import grace_period


async def command_case(by: Manager, partner_id: str, update: Any, command: SignedCommand) -> str:
    """Have the case do what the update says; returns its answer.

    Raises NoWorkflowRuns, UnknownPartner, or UserError with the case's own reason.
    """
    client = await by.program.connect()
    answer = await commanding.command_case(client, partner_id, update, command)
    if answer is None:
        with by.database.read() as session:
            known_partner(session, partner_id)
        raise NoWorkflowRuns(partner_id)
    return answer


async def void_case(by: Manager, partner_id: str, reason: str) -> str:
    """Void a case; if its warning went out, the partner gets a correction."""
    update = grace_period.GracePeriod.void
    return await command_case(by, partner_id, update, SignedCommand(by.name, reason))
