"""`partners referral assign|take|decline|leads`: who works the leads."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.table import Table

from partners.cli import common, telling
from partners.cli.paging import Json, Limit, print_list
from partners.domain.referrals.handover_figures import HandoverFigures
from partners.domain.referrals.lead import LeadState
from partners.errors import UserError
from partners.loading import on_use
from partners.use_cases.referrals.leads import Handed, Lead

with on_use():
    from partners.use_cases.referrals import leads

Id = Annotated[str, typer.Argument(metavar="REFERRAL", help="The referral's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


def assign(
    referral_id: Id,
    by: common.By,
    seller: Annotated[
        str | None, typer.Argument(metavar="PARTNER", help="A reseller; default: the next.")
    ] = None,
    sales: Annotated[bool, typer.Option("--sales", help="Give it to the sales address.")] = False,
    reason: Reason = "",
) -> None:
    """Give the lead to a reseller, to sales, or, where neither is named, to the next in line.

    Whoever has it has it no longer; whoever gets it is told.
    """
    if seller is not None and sales:
        raise UserError("name a partner or --sales, not both")
    with common.acting_as(by) as manager:
        act = leads.assign(manager, referral_id, seller, sales=sales, reason=reason)
        _print(telling.finished(act))


def take(referral_id: Id, by: common.By) -> None:
    """Say that whoever has been asked works the lead."""
    with common.acting_as(by) as manager:
        _print(telling.finished(leads.take(manager, referral_id)))


def decline(referral_id: Id, by: common.By, reason: Reason = "") -> None:
    """Say that whoever has the lead does not want it: it goes on to the next, and never back."""
    with common.acting_as(by) as manager:
        _print(telling.finished(leads.decline(manager, referral_id, reason)))


def _print(handed: Handed) -> None:
    common.out.print(_words(handed.lead), soft_wrap=True)
    telling.warn_of_leads(handed.told)


def _words(lead: Lead) -> str:
    """Who has a lead now."""
    what = {
        LeadState.OFFERED: f"is offered to {lead.whom}",
        LeadState.TAKEN: f"is taken by {lead.whom}",
        LeadState.SALES: "is with sales",
    }.get(lead.state, f"is {lead.state}")
    return f"The lead of {lead.referral_id} {what}."


def list_leads(
    partner: Annotated[str | None, typer.Option("--partner", help="Only this reseller's.")] = None,
    state: Annotated[LeadState | None, typer.Option("--state", help="Only these.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List who works the leads of referrals, those that changed last leading."""
    columns = ("referral", "lead", "state", "with", "by", "since", "answer by", "asked")
    with common.asking() as by:
        print_list(
            "leads",
            leads.list_leads(by, partner, state),
            lambda: Table(*columns),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No leads.",
        )


def list_sellers(
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", formats=["%Y-%m-%d"], callback=common.real_day, help="Leads got since then."
        ),
    ] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List how sellers dealt with their leads: taken, declined, passed on, won, and the days.

    Means are of as many as stand behind them.
    """
    columns = ("seller", "given", "taken", "declined", "passed on", "won", "answered in", "won in")
    with common.asking() as by:
        print_list(
            "sellers",
            leads.sellers_figures(by, since.date() if since else None),
            lambda: Table(*columns),
            _add_seller,
            _seller_facts,
            as_json=as_json,
            limit=limit,
            nothing="Nobody got a lead.",
        )


def _add_seller(table: Table, one: HandoverFigures) -> None:
    counts = (one.given, one.taken, one.declined, one.passed, one.won)
    answered, won = _days(one.days_to_answer, one.answered), _days(one.days_to_win, one.won)
    table.add_row(one.partner_id or "sales", *map(str, counts), answered, won)


def _days(mean: Decimal | None, of: int) -> str:
    """`2.5 days (4)`."""
    return "" if mean is None else f"{mean} days ({of})"


def _seller_facts(one: HandoverFigures) -> dict[str, Any]:
    return {
        "partner_id": one.partner_id,
        "given": one.given,
        "taken": one.taken,
        "declined": one.declined,
        "passed": one.passed,
        "won": one.won,
        "answered": one.answered,
        "days_to_answer": str(one.days_to_answer) if one.days_to_answer is not None else None,
        "days_to_win": str(one.days_to_win) if one.days_to_win is not None else None,
    }


def _add(table: Table, lead: Lead) -> None:
    state = f"{lead.state}: {lead.problem}" if lead.problem else lead.state
    due = f"{lead.answer_by}" if lead.answer_by else ""
    since = f"{lead.since_on}"
    cells = (lead.referral_id, lead.lead_ref, state, lead.whom, lead.way, since, due)
    table.add_row(*cells, str(lead.turns))


def _facts(lead: Lead) -> dict[str, Any]:
    return {
        "referral_id": lead.referral_id,
        "lead_ref": lead.lead_ref,
        "referred_by": lead.referred_by,
        "postal_code": lead.postal_code,
        "service": lead.service,
        "state": lead.state,
        "partner_id": lead.partner_id,
        "way": lead.way,
        "since": lead.since.isoformat(),
        "told_at": lead.told_at.isoformat() if lead.told_at else None,
        "answer_by": lead.answer_by.isoformat() if lead.answer_by else None,
        "turns": lead.turns,
        "order_id": lead.order_id,
        "problem": lead.problem or None,
    }
