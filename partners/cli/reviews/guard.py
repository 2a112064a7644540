"""`partners guard`: what is held because it would warn or remove too many, and a person's word."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from partners.cli import common
from partners.cli.paging import Limit, print_list
from partners.domain.cases.commands import PersonsOrder
from partners.errors import UserError
from partners.loading import on_use
from partners.store.cases import cases, guard
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.review_tables import GuardRequestRow, ReviewRow

with on_use():
    from partners.cli import signals
    from workflows import grace_period

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


def list_waiting(
    as_json: Annotated[bool, typer.Option("--json", help="With every partner.")] = False,
    limit: Limit = None,
) -> None:
    """What waits for a person, the oldest first."""
    with common.database() as database, database.read() as session:
        print_list(
            "what waits",
            guard.waiting(session),
            lambda: Table("id", "since", "partners", "who", "why"),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="The guard holds nothing.",
        )


def _add(table: Table, row: GuardRequestRow) -> None:
    names = ", ".join(row.partner_ids[:SHOWN])
    more = len(row.partner_ids) - SHOWN
    who = names + (f" and {more:,} more" if more > 0 else "")
    since = f"{row.asked_at:%Y-%m-%d %H:%M}"
    table.add_row(row.request_id, since, f"{len(row.partner_ids):,}", who, row.detail)


def _facts(row: GuardRequestRow) -> dict[str, Any]:
    return {
        "id": row.request_id,
        "asked_at": row.asked_at.isoformat(),
        "partner_ids": row.partner_ids,
        "detail": row.detail,
    }


def approve(request: RequestId, reason: Reason, by: common.By) -> None:
    """Let a review, or a case, warn or remove in spite of the guard."""
    _decide(request, True, by, reason)


def reject(request: RequestId, reason: Reason, by: common.By) -> None:
    """End it: a review starts no case, a case is voided (a warned partner gets a correction)."""
    _decide(request, False, by, reason)


def _decide(request: str, approved: bool, by: str, reason: str) -> None:
    with common.database() as database, database.read() as session:
        held = _held(session, request)
    order = PersonsOrder(by, reason)
    if held.partner_id is not None:
        update = grace_period.GracePeriod.resume if approved else grace_period.GracePeriod.void
        answer = signals.command_case(held.partner_id, update, order)
    else:
        assert held.review_workflow is not None
        answer = signals.command_review(held.review_workflow, approved, order)
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
