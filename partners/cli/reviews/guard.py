"""`partners guard`: what is held because it would warn or remove too many, and a person's word."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from partners.cli import common, signals
from partners.errors import UserError
from partners.store.cases import cases, guard
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.review_tables import GuardRequestRow, ReviewRow
from partners.temporal.running import command
from workflows.grace_period import GracePeriod
from workflows.kit.commands import PersonsOrder
from workflows.review import ProgramReview

app = typer.Typer(no_args_is_help=True, help="The guard against mass action: approve or reject.")
RequestId = Annotated[
    str, typer.Argument(metavar="ID", help="A review, a case, or the partner of one.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
SHOWN = 3
"""Partners named in the table; the JSON names them all."""


class Held(NamedTuple):
    """What a person decides about: a review's workflow, or a case's partner."""

    request_id: str
    review_workflow: str | None
    partner_id: str | None


@app.command("list")
def list_waiting(
    as_json: Annotated[bool, typer.Option("--json", help="With every partner.")] = False,
) -> None:
    """What waits for a person, the oldest first."""
    with common.database() as database, database.read() as session:
        rows = [_facts(row) for row in guard.waiting(session)]
    if as_json:
        common.out.write_json(rows)
    elif rows:
        table = Table("id", "since", "partners", "who", "why")
        for row in rows:
            names = ", ".join(row["partner_ids"][:SHOWN])
            more = len(row["partner_ids"]) - SHOWN
            who = names + (f" and {more} more" if more > 0 else "")
            since = row["asked_at"][:16].replace("T", " ")
            table.add_row(row["id"], since, str(len(row["partner_ids"])), who, row["detail"])
        common.out.print(table)
    else:
        common.out.print("The guard holds nothing.")


def _facts(row: GuardRequestRow) -> dict[str, Any]:
    return {
        "id": row.request_id,
        "asked_at": row.asked_at.isoformat(),
        "partner_ids": row.partner_ids,
        "detail": row.detail,
    }


@app.command()
def approve(request: RequestId, reason: Reason, by: common.By) -> None:
    """Let a review, or a case, warn or remove in spite of the guard."""
    _decide(request, True, PersonsOrder(by, reason))


@app.command()
def reject(request: RequestId, reason: Reason, by: common.By) -> None:
    """End it: a review starts no case, a case is voided (a warned partner gets a correction)."""
    _decide(request, False, PersonsOrder(by, reason))


def _decide(request: str, approved: bool, order: PersonsOrder) -> None:
    with common.database() as database, database.read() as session:
        held = _held(session, request)
    if held.partner_id is not None:
        update = GracePeriod.resume if approved else GracePeriod.void
        answer = signals.command_case(held.partner_id, update, order)
    else:
        assert held.review_workflow is not None
        answer = _command_review(held.review_workflow, approved, order)
    common.out.print(f"{held.request_id}: {answer}")


def _held(session: Session, request: str) -> Held:
    """What waits under this id, or for this partner's open case. Raises UserError if nothing."""
    row = guard.find(session, request)
    if row is None and (case := cases.open_case_of(session, request)) is not None:
        row = guard.find(session, case.case_id)
    if row is None:
        raise UserError(f"the guard holds nothing under {request!r}; see: partners guard list")
    if row.state != "waiting":
        raise UserError(
            f"{row.request_id} does not wait for approval: it was {row.state} by {row.who} "
            f"({row.reason})"
        )
    review = session.get(ReviewRow, row.request_id)
    found = session.get(CaseRow, row.request_id)
    if review is None and found is None:
        raise UserError(f"{row.request_id} is neither a review nor a case")
    return Held(
        row.request_id,
        review.claimed_by if review else None,
        found.partner_id if found else None,
    )


def _command_review(workflow_id: str, approved: bool, order: PersonsOrder) -> str:
    """Give a person's word to the review's workflow; returns its answer."""
    update: Any = ProgramReview.approve if approved else ProgramReview.reject
    answer = signals.with_temporal(lambda c: command(c, workflow_id, update, order))
    if answer is None:
        raise UserError(
            f"no workflow runs under {workflow_id}; take the review up again first "
            "(partners review --help), then decide"
        )
    return answer
