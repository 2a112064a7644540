"""The steps of progressive response, and complaints, as `partners show` lists them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.table import Table

from partners.cli import common
from partners.cli.paging import print_list
from partners.domain.policy.response_steps import ResponseStep

if TYPE_CHECKING:
    from partners.use_cases.responses.response_facts import ComplaintFacts, StepTaken


def print_steps(taken: Iterable[StepTaken], complaints: Iterable[ComplaintFacts]) -> None:
    """What was answered, when and why; nothing where there was nothing."""
    steps = Table("step", "about", "month", "on", "why", "became")
    for row in taken:
        cells = (row.step.replace("_", "-"), row.subject_label, str(row.month))
        steps.add_row(*cells, str(row.taken_on), row.why, _became(row))
    if steps.row_count:
        common.out.print(steps)
    print_complaints(complaints)


def print_complaints(
    rows: Iterable[ComplaintFacts],
    *,
    everybody: bool = False,
    as_json: bool = False,
    limit: int | None = None,
    nothing: str = "",
) -> None:
    """The newest first; their partners are named where they are about everybody."""

    def add(table: Table, row: ComplaintFacts) -> None:
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


def _complaint_facts(row: ComplaintFacts) -> dict[str, Any]:
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


def state(row: ComplaintFacts) -> str:
    """Where a complaint stands, in words."""
    if row.withdrawn is not None:
        return "withdrawn by {}: {}".format(*row.withdrawn)
    if row.settled is not None:
        return "settled by {}: {}".format(*row.settled)
    if row.severity == "serious":
        return f"waits: partners complaint settle {row.complaint_id} --reason …"
    return "counts"


def steps_json(steps: Iterable[StepTaken]) -> list[dict[str, Any]]:
    """The steps for `partners show --json`, oldest first."""
    return [
        {
            "step": row.step,
            "about": row.subject,
            "month": str(row.month),
            "on": row.taken_on.isoformat(),
            "why": row.why,
            "findings": row.findings,
            "policy_version": row.policy_version,
            "actor": row.actor,
            "case_id": row.case_id,
            "result": row.result,
            "withdrawn": row.withdrawn,
        }
        for row in steps
    ]


def _became(row: StepTaken) -> str:
    if row.withdrawn is not None:
        return f"does not count: {row.withdrawn}"
    if row.step == ResponseStep.CHECK_IN and row.told_at is None:
        return "has not gone out"
    return row.result or row.case_id or ""
