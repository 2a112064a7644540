"""`partners start|cases|cancel-case`: day one for the manager."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import ColumnElement, Row, func, select, true
from sqlalchemy.orm import Session

from partners.cli import common
from partners.cli.paging import Json, Limit, print_list
from partners.domain.cases.case import HoldReason
from partners.domain.cases.commands import PersonsOrder
from partners.domain.mail.notices import MailState
from partners.domain.time.calendar import Month
from partners.loading import on_use
from partners.store.people.known_partner import known_partner
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow

with on_use():
    from partners.cli import signals
    from partners.cli.cases import case_start
    from workflows import grace_period

PartnerArgument = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
_COLUMNS = (
    CaseRow.case_id,
    CaseRow.partner_id,
    CaseRow.tier,
    CaseRow.month,
    CaseRow.status,
    CaseRow.opened_at,
    CaseRow.warned_at,
    CaseRow.deadline,
    CaseRow.hold_reason,
    CaseRow.hold_until,
    CaseRow.outcome,
    CaseRow.policy_version,
    CaseRow.recovery_since,
)
"""What the list shows: findings are long, and stay where they are."""
Listable = CaseRow | Row[Any]


def start(partner: PartnerArgument) -> None:
    """Check a partner against the standards; open a case if they are below.

    Starting twice is harmless: a case that is open goes on.
    """
    with common.database() as database, database.read() as session:
        known_partner(session, partner)
    result = signals.with_temporal(lambda client: case_start.start(client, partner))
    if result is None:
        common.out.print(f"A case is open for {partner}; see: partners show {partner}")
    elif result.opened:
        common.out.print(f"The case {result.case_id} has ended: {result.outcome}.")
    else:
        detail = f" ({result.detail})" if result.detail else ""
        common.out.print(f"No case for {partner}: {result.reason}{detail}.")


def list_cases(
    as_json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="Closed cases too.")] = False,
    limit: Limit = None,
) -> None:
    """List the open cases, the nearest deadline first."""
    with common.database() as database, database.read() as session:
        which = true() if everything else CaseRow.closed_at.is_(None)
        total = session.scalar(select(func.count()).select_from(CaseRow).where(which))
        print_list(
            "cases",
            _rows(session, which, limit),
            lambda: Table("partner", "tier", "status", "since", "deadline", "attention"),
            _add,
            lambda listed: listed[0],
            as_json=as_json,
            limit=limit,
            nothing="No open cases." if not everything else "No cases.",
            total=total,
        )


Listed = tuple[dict[str, Any], str]
"""A case's summary, and what a person should do about it."""


def _rows(session: Session, which: ColumnElement[bool], limit: int | None) -> Iterator[Listed]:
    """The cases in one query, read while they are printed; with each, its message that waits."""
    row = OutboxRow
    waits = select(row.case_id, func.min(row.outbox_id).label("number"))
    waits_for = waits.where(row.state == MailState.WAITING).group_by(row.case_id).subquery()
    query = (
        select(*_COLUMNS, waits_for.c.number)
        .outerjoin(waits_for, waits_for.c.case_id == CaseRow.case_id)
        .where(which)
        .order_by(CaseRow.deadline.is_(None), CaseRow.deadline, CaseRow.case_id)
        .limit(limit and limit + 1)  # whether there are more is said
        .execution_options(yield_per=500)
    )
    found: Iterable[Row[Any]] = session.execute(query)
    for case in found:
        yield summary(case), _attention(case, case.number)


def _add(table: Table, listed: Listed) -> None:
    facts, attention = listed
    table.add_row(
        facts["partner_id"],
        facts["tier"],
        facts["status"].replace("_", " "),
        facts["opened"],
        facts["deadline"] or "–",
        attention,
    )


def _attention(case: Listable, number: int | None) -> str:
    """What a person should know or do about a case, in a few words."""
    if case.outcome is not None:
        return case.outcome.replace("_", " ")
    if case.hold_reason == HoldReason.APPEAL:
        return f"appeal: partners uphold or overturn {case.partner_id}"
    if case.hold_until is not None:
        return f"paused until {case.hold_until}"
    if case.hold_reason is not None:
        return f"{case.hold_reason}: partners resume {case.partner_id}"
    if number is not None:
        return f"mail waits to be sent: partners mail mark-sent {number}"
    return "recovering" if case.recovery_since else ""


def summary(row: Listable) -> dict[str, Any]:
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
    answer = signals.command_case(partner, grace_period.GracePeriod.void, PersonsOrder(by, reason))
    common.out.print(f"{partner}: {answer}")
