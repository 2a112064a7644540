"""`partners guard`: what is held because it would warn or remove too many, and a person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Limit, print_list
from partners.loading import on_use

with on_use():
    from partners.use_cases.reviews import guarded

if TYPE_CHECKING:
    from partners.use_cases.reviews.guarded import Held

RequestId = Annotated[
    str, typer.Argument(metavar="ID", help="A review, a case, or the partner of one.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
SHOWN = 3
"""Partners named in the table; the JSON names them all."""


def list_waiting(
    as_json: Annotated[bool, typer.Option("--json", help="With every partner.")] = False,
    limit: Limit = None,
) -> None:
    """What waits for a person, the oldest first."""
    with common.asking() as by:
        print_list(
            "what waits",
            guarded.waiting(by),
            lambda: Table("id", "since", "partners", "who", "why"),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="The guard holds nothing.",
        )


def _add(table: Table, row: Held) -> None:
    names = ", ".join(row.partner_ids[:SHOWN])
    more = len(row.partner_ids) - SHOWN
    who = names + (f" and {more:,} more" if more > 0 else "")
    since = f"{row.asked_at:%Y-%m-%d %H:%M}"
    table.add_row(row.request_id, since, f"{len(row.partner_ids):,}", who, row.detail)


def _facts(row: Held) -> dict[str, Any]:
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
    with common.acting_as(by) as who:
        answered = common.run(guarded.answer(who, request, approved, reason))
    common.out.print(f"{answered.request_id}: {answered.answer}")
