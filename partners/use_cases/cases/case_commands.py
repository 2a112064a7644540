"""A person's command to the workflow of an open case."""

from __future__ import annotations

from typing import Any

from partners.domain.cases.commands import SignedCommand
from partners.loading import on_use
from partners.store.cases import cases
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.use_cases.acting import Manager
from partners.use_cases.cases.case_previews import Preview
from partners.use_cases.cases.case_refusals import CommandWaits, NoWorkflowRuns

with on_use():
    from partners.temporal import commanding, running
    from workflows import grace_period


async def command_case(by: Manager, partner_id: str, update: Any, command: SignedCommand) -> str:
    """Have the case do what the update says; returns its answer.

    Raises NoWorkflowRuns, CommandWaits, UnknownPartner, or UserError with the case's own reason.
    """
    client = await by.program.connect()
    seen = _seen(by, partner_id, command.revision)
    try:
        answer = await commanding.command_case(client, partner_id, update, command, seen)
    except running.NotAnswered:
        raise CommandWaits(partner_id, running.ANSWER_SECONDS) from None
    if answer is None:
        with by.database.read() as session:
            known_partner(session, partner_id)
        raise NoWorkflowRuns(partner_id)
    return answer


def _seen(by: Manager, partner_id: str, revision: int) -> str:
    """What a command about the case is given upon, at the revision that the person saw, or at what
    there is: once any of it has changed, the same words are another command."""
    now = by.now()
    with by.database.read() as session:
        case = cases.open_case_of(session, partner_id)
        newest = policies.newest(session)
        stands = f"{case.case_id}/{revision or case.revision}" if case else partner_id
        return f"{stands}/{newest and newest[0]}/{policies.day_of(session, now)}"


async def void_case(
    by: Manager, partner_id: str, reason: str, seen: Preview, quiet: bool = False
) -> str:
    """Void a case as it was shown; if its warning went out, the partner gets a correction."""
    command = SignedCommand(by.name, reason, quiet=quiet, revision=seen.revision)
    return await command_case(by, partner_id, grace_period.GracePeriod.void, command)
