"""`partners complaint add|list|settle|withdraw`: what others say of a partner."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.cli import cases, common, signals
from partners.cli import responses as listing
from partners.domain.calendar import Month
from partners.domain.complaint import Severity
from partners.domain.policy import Policy
from partners.domain.response_policy import OnSerious
from partners.errors import UserError
from partners.store import complaints, recorder, responses
from partners.store.feed_tables import OrderRow
from partners.store.imports.records import mark_untold
from partners.store.response_tables import ComplaintRow

app = typer.Typer(no_args_is_help=True, help="Complaints about partners: recorded and counted.")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As `partners complaint list` says.")]


@app.command()
def add(
    partner: cases.PartnerArgument,
    severity: Annotated[Severity, typer.Option(help="minor counts; serious is answered at once.")],
    text: Annotated[str, typer.Option("--text", help="What was complained of; stays here.")],
    by: common.By,
    about: Annotated[
        str | None, typer.Option("--about", metavar="ORDER", help="The order it is about.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], metavar="DATE", help="Default: today."),
    ] = None,
) -> None:
    """Record a complaint. The next review counts it; a serious one is answered at once."""
    _not_blank(text=text, by=by)
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            recorder.sign(session, by, now)
            cases.known(session, partner)
            version, policy = common.policy_in_force(session, now)
            row = complaints.add(
                session,
                partner,
                severity,
                text.strip(),
                received_on=_day(on, policy, now),
                order_id=_order(session, partner, about),
                now=now,
                who=by,
            )
            if severity is Severity.SERIOUS:
                responses.record_serious(session, row, policy, version)
            counts = _counts_for(policy)
            mark_untold(session.connection(), {partner})
        common.out.print(_said(row, policy, counts), markup=False)
        signals.tell_cases(database)


@app.command("list")
def list_(
    partner: Annotated[
        str | None, typer.Argument(metavar="PARTNER", help="Default: about anybody.")
    ] = None,
) -> None:
    """List complaints, the newest first, and what became of them."""
    with common.database() as database, database.read() as session:
        if partner is not None:
            cases.known(session, partner)
        rows = complaints.listed(session, partner)
        if rows:
            listing.print_complaints(rows, everybody=partner is None)
        else:
            common.out.print("No complaints.")


@app.command()
def settle(number: Number, reason: cases.Reason, by: common.By) -> None:
    """Say that a serious complaint was dealt with, and how. It goes on counting."""
    _not_blank(reason=reason, by=by)
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            recorder.sign(session, by, now)
            row = complaints.settle(session, number, who=by, how=reason.strip(), now=now)
    common.out.print(f"Complaint {number} about {row.partner_id} is settled.", markup=False)


@app.command()
def withdraw(number: Number, reason: cases.Reason, by: common.By) -> None:
    """Take a complaint back: it does not count any more, and an open case looks again."""
    _not_blank(reason=reason, by=by)
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            recorder.sign(session, by, now)
            row = complaints.withdraw(session, number, who=by, why=reason.strip(), now=now)
            responses.withdraw_of_complaint(session, number, f"the complaint was withdrawn by {by}")
            mark_untold(session.connection(), {row.partner_id})
        common.out.print(f"Complaint {number} about {row.partner_id} is withdrawn.", markup=False)
        signals.tell_cases(database)


def _not_blank(**given: str) -> None:
    for name, words in given.items():
        if not words.strip():
            raise UserError(f"--{name} must not be blank")


def _day(on: datetime | None, policy: Policy, now: datetime) -> date:
    """The program's day that was named; default today."""
    today = calendar_of(policy).day_of(now)
    day = on.date() if on else today
    if day > today:
        raise UserError(f"--on {day} is in the future; name a day until {today}")
    return day


def _order(session: Session, partner_id: str, order_id: str | None) -> str | None:
    """The order, if it is one of the partner's."""
    if order_id is None:
        return None
    order = session.get(OrderRow, order_id)
    if order is None or order.partner_id != partner_id:
        raise UserError(f"{partner_id} has no order {order_id!r}; leave --about out, or correct it")
    return order_id


def _counts_for(policy: Policy) -> bool:
    return any("complaints" in tier.keep_standards for tier in policy.tiers)


def _said(row: ComplaintRow, policy: Policy, counts: bool) -> str:
    month = Month.of(row.received_on)
    words = [f"Complaint {row.complaint_id} about {row.partner_id} is recorded for {month}."]
    if not counts:
        words.append("No tier has a criterion for complaints, so it is only listed.")
    if row.severity == Severity.SERIOUS and policy.complaints.serious is OnSerious.STAFF:
        words.append("It is serious, and waits for a person: partners inbox")
    return " ".join(words)
