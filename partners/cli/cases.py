"""`partners start|cases|cancel-case`: day one for the manager."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy

from partners.cli import common, signals
from partners.domain.calendar import Month
from partners.domain.case import HoldReason
from partners.domain.case_view import GracePeriodInput, GracePeriodResult
from partners.domain.notices import MailState
from partners.errors import UserError
from partners.store.case_tables import CaseRow
from partners.store.mail_tables import OutboxRow
from partners.store.program_tables import PartnerRow
from workflows import timeline
from workflows.commands import PersonsOrder
from workflows.grace_period import GracePeriod
from workflows.options import TASK_QUEUE, grace_workflow_id

PartnerArgument = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LOOK_SECONDS = 10.0
"""How long `start` watches for the first result."""


def known(session: Session, partner_id: str) -> PartnerRow:
    partner = session.get(PartnerRow, partner_id)
    if partner is None:
        raise UserError(f"unknown partner {partner_id!r}; see: partners import partners --help")
    return partner


def start(partner: PartnerArgument) -> None:
    """Check a partner against the standards; open a case if they are below.

    Starting twice is harmless: a case that is open goes on.
    """
    with common.database() as database, database.read() as session:
        known(session, partner)
    result = signals.with_temporal(lambda client: _start(client, partner))
    if result is None:
        common.out.print(f"A case is open for {partner}; see: partners show {partner}")
    elif result.opened:
        common.out.print(f"The case {result.case_id} has ended: {result.outcome}.")
    else:
        detail = f" ({result.detail})" if result.detail else ""
        common.out.print(f"No case for {partner}: {result.reason}{detail}.", markup=False)


async def _start(client: Client, partner_id: str) -> GracePeriodResult | None:
    """Start or join the partner's workflow; None if it goes on."""
    handle = await client.start_workflow(
        GracePeriod.run,
        GracePeriodInput(partner_id),
        id=grace_workflow_id(partner_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=timeline.static_summary(partner_id),
        static_details=timeline.STATIC_DETAILS,
    )
    result = asyncio.ensure_future(handle.result())
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            while not result.done():
                if await handle.query(GracePeriod.show_case) is not None:
                    return None
                await asyncio.wait([result], timeout=0.2)
            return await result
    except TimeoutError:
        raise UserError(
            f"the workflow {handle.id} was started, but no worker has taken it within "
            f"{LOOK_SECONDS:.0f} seconds; is one running? (python worker.py)"
        ) from None
    except WorkflowFailureError as error:
        raise UserError(str(error.cause)) from error
    finally:
        result.cancel()


def list_cases(
    as_json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="Closed cases too.")] = False,
) -> None:
    """List the open cases, the nearest deadline first."""
    with common.database() as database, database.read() as session:
        query = select(CaseRow).order_by(CaseRow.deadline.is_(None), CaseRow.deadline)
        if not everything:
            query = query.where(CaseRow.closed_at.is_(None))
        found = list(session.scalars(query))
        rows = [summary(row) for row in found]
        attention = {row.case_id: _attention(session, row) for row in found}
    if as_json:
        common.out.write_json(rows)
    elif rows:
        table = Table("partner", "tier", "status", "since", "deadline", "attention")
        for row in rows:
            table.add_row(
                row["partner_id"],
                row["tier"],
                row["status"].replace("_", " "),
                row["opened"],
                row["deadline"] or "–",
                attention[row["case_id"]],
            )
        common.out.print(table)
    else:
        common.out.print("No open cases." if not everything else "No cases.")


def _attention(session: Session, case: CaseRow) -> str:
    """What a person should know or do about a case, in a few words."""
    if case.outcome is not None:
        return case.outcome.replace("_", " ")
    if case.hold_reason == HoldReason.APPEAL:
        return f"appeal: partners uphold or overturn {case.partner_id}"
    if case.hold_until is not None:
        return f"paused until {case.hold_until}"
    if case.hold_reason is not None:
        return f"{case.hold_reason}: partners resume {case.partner_id}"
    waiting = select(OutboxRow.outbox_id).where(
        OutboxRow.case_id == case.case_id, OutboxRow.state == MailState.WAITING
    )
    if (number := session.scalars(waiting).first()) is not None:
        return f"mail waits to be sent: partners mail mark-sent {number}"
    return "recovering" if case.recovery_since else ""


def summary(row: CaseRow) -> dict[str, Any]:
    return {
        "case_id": row.case_id,
        "partner_id": row.partner_id,
        "tier": row.tier,
        "month": str(Month.from_number(row.month)),
        "status": row.status,
        "opened": row.opened_at.date().isoformat(),
        "warned_at": row.warned_at.isoformat() if row.warned_at else None,
        "deadline": row.deadline.isoformat() if row.deadline else None,
        "hold_reason": row.hold_reason,
        "outcome": row.outcome,
        "policy_version": row.policy_version,
    }


def cancel_case(partner: PartnerArgument, reason: Reason, by: common.By) -> None:
    """Void a case; if its warning went out, the partner gets a correction."""
    answer = signals.command_case(partner, GracePeriod.void, PersonsOrder(by, reason))
    common.out.print(f"{partner}: {answer}", markup=False)
