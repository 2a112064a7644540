"""`partners start|cases|cancel-case`: day one for the manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.overrides import giving
from partners.cli.paging import Json, Limit, print_list
from partners.domain.cases.case import HoldReason
from partners.loading import on_use

with on_use():
    from partners.use_cases.cases import case_commands, case_list, case_previews, case_start

if TYPE_CHECKING:
    from partners.use_cases.cases.case_list import CaseFacts

PartnerArgument = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


def start(partner: PartnerArgument) -> None:
    """Check a partner against the standards; open a case if they are below.

    Starting twice is harmless: a case that is open goes on.
    """
    with common.acting_as(common.user_name()) as by:
        result = common.run(case_start.start_case(by, partner))
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
    with common.asking() as by, case_list.list_cases(by, everything, limit) as listed:
        print_list(
            "cases",
            listed.cases,
            lambda: Table("partner", "name", "tier", "status", "since", "deadline", "attention"),
            _add,
            summary,
            as_json=as_json,
            limit=limit,
            nothing="No open cases." if not everything else "No cases.",
            total=listed.total,
        )


def _add(table: Table, case: CaseFacts) -> None:
    table.add_row(
        case.partner_id,
        case.name,
        case.tier,
        case.status.replace("_", " "),
        case.opened_at.date().isoformat(),
        case.deadline.isoformat() if case.deadline else "–",
        _attention(case),
    )


def _attention(case: CaseFacts) -> str:
    """What a person should know or do about a case, in a few words."""
    if case.outcome is not None:
        return case.outcome.replace("_", " ")
    if case.hold_reason == HoldReason.APPEAL:
        return f"appeal: partners uphold {case.partner_id} --reason … # or overturn"
    if case.hold_until is not None:
        return f"paused until {case.hold_until}"
    if case.hold_reason is not None:
        return f"{case.hold_reason}: partners resume {case.partner_id} --reason …"
    if case.waiting_message is not None:
        return f"mail waits to be sent: partners mail mark-sent {case.waiting_message}"
    return "recovering" if case.recovery_since else ""


def summary(case: CaseFacts) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "partner_id": case.partner_id,
        "name": case.name,
        "tier": case.tier,
        "month": str(case.month),
        "status": case.status,
        "opened": case.opened_at.date().isoformat(),
        "warned_at": case.warned_at.isoformat() if case.warned_at else None,
        "deadline": case.deadline.isoformat() if case.deadline else None,
        "hold_reason": case.hold_reason,
        "outcome": case.outcome,
        "policy_version": case.policy_version,
    }


def cancel_case(
    partner: PartnerArgument,
    reason: Reason,
    by: common.By,
    quiet: common.Quiet = False,
    yes: common.Yes = False,
) -> None:
    """Void a case; if its warning went out, the partner gets a correction."""
    with common.acting_as(by) as manager:
        preview = case_previews.preview_void(manager, partner, reason, quiet)
        giving.show(partner, "cancel", preview)
        common.agreed("Do this?", yes)
        answer = common.run(case_commands.void_case(manager, partner, reason, preview, quiet))
    common.out.print(f"{partner}: {answer}")
