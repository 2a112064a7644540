"""The steps of progressive response, and complaints, as `partners show` lists them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from sqlalchemy.orm import Session

from partners.cli import common
from partners.cli.paging import print_list
from partners.domain.policy.policy import Policy
from partners.domain.policy.response_steps import ResponseStep
from partners.domain.time.calendar import Month
from partners.store.policy import policies
from partners.store.responses import complaints, responses
from partners.store.tables.response_tables import ComplaintRow, ResponseRow


def print_steps(session: Session, partner_id: str) -> None:
    """What was answered, when and why; nothing where there was nothing."""
    steps = Table("step", "about", "month", "on", "why", "became")
    for row in responses.of_partner(session, partner_id):
        policy = policies.load(session, row.policy_version)
        cells = (row.step.replace("_", "-"), _about(row, policy), str(Month.from_number(row.month)))
        steps.add_row(*cells, str(row.taken_on), row.why, _became(row))
    if steps.row_count:
        common.out.print(steps)
    print_complaints(complaints.listed(session, partner_id))


def print_complaints(
    rows: Iterable[ComplaintRow],
    *,
    everybody: bool = False,
    as_json: bool = False,
    limit: int | None = None,
    nothing: str = "",
) -> None:
    """The newest first; their partners are named where they are about everybody."""

    def add(table: Table, row: ComplaintRow) -> None:
        about = f" (order {row.order_id})" if row.order_id else ""
        who = [row.partner_id] if everybody else []
        words = f"{row.text}{about}"
        cells = (str(row.complaint_id), *who, str(row.received_on), row.severity)
        table.add_row(*cells, words, state(row))

    columns = ("complaint", *(["partner"] if everybody else []), "on", "severity", "text", "")
    print_list(
        "complaints",
        rows,
        lambda: Table(*columns),
        add,
        _complaint_facts,
        as_json=as_json,
        limit=limit,
        nothing=nothing,
    )


def _complaint_facts(row: ComplaintRow) -> dict[str, Any]:
    return {
        "complaint": row.complaint_id,
        "partner_id": row.partner_id,
        "severity": row.severity,
        "received_on": row.received_on.isoformat(),
        "order_id": row.order_id,
        "text": row.text,
        "by": row.who,
        "state": state(row),
    }


def state(row: ComplaintRow) -> str:
    """Where a complaint stands, in words."""
    if row.withdrawn_at is not None:
        return f"withdrawn by {row.withdrawn_by}: {row.withdrawn_why}"
    if row.settled_at is not None:
        return f"settled by {row.settled_by}: {row.settled_how}"
    if row.severity == "serious":
        return f"waits: partners complaint settle {row.complaint_id}"
    return "counts"


def steps_json(session: Session, partner_id: str) -> list[dict[str, Any]]:
    """The steps for `partners show --json`, oldest first."""
    return [
        {
            "step": row.step,
            "about": row.subject,
            "month": str(Month.from_number(row.month)),
            "on": row.taken_on.isoformat(),
            "why": row.why,
            "findings": row.findings,
            "policy_version": row.policy_version,
            "actor": row.actor,
            "case_id": row.case_id,
            "result": row.result,
            "withdrawn": row.withdrawn,
        }
        for row in responses.of_partner(session, partner_id)
    ]


def _about(row: ResponseRow, policy: Policy) -> str:
    """A metric's label; `complaint/17` as it is."""
    metric = policy.metric_or_none(row.subject)
    return metric.label if metric else row.subject


def _became(row: ResponseRow) -> str:
    if row.withdrawn is not None:
        return f"does not count: {row.withdrawn}"
    if row.step == ResponseStep.CHECK_IN and row.told_at is None:
        return "has not gone out"
    return row.result or row.case_id or ""
