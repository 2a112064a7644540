"""`partners complaint add|list|settle|withdraw`: what others say of a partner."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.bounds import MOST
from partners.cli.cases import cases
from partners.cli.overrides import orders
from partners.cli.paging import Json, Limit
from partners.cli.responses import responses as listing
from partners.domain.cases.commands import Intervention, Order
from partners.domain.policy.metrics import COMPLAINTS
from partners.domain.policy.policy import Policy
from partners.domain.policy.response_policy import OnSerious
from partners.domain.responses.complaint import Severity
from partners.domain.time.calendar import Month
from partners.errors import UserError
from partners.loading import on_use
from partners.store.cases import rechecks
from partners.store.imports.records import mark_untold
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.record import recorder
from partners.store.responses import complaints, responses
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.response_tables import ComplaintRow

with on_use():
    from partners.cli import signals

Number = Annotated[
    int, typer.Argument(max=MOST, metavar="NUMBER", help="As `partners complaint list` says.")
]


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
        typer.Option(
            "--on",
            formats=["%Y-%m-%d"],
            callback=common.real_day,
            metavar="DATE",
            help="Default: today.",
        ),
    ] = None,
    yes: orders.Yes = False,
) -> None:
    """Record a complaint. The next review counts it; a serious one is answered at once."""
    _not_blank(text=text, by=by)
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            recorder.sign(session, by, now)
            known_partner(session, partner)
            version, policy = policies.required(session, now)
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
            serious = policy.complaints.serious if severity is Severity.SERIOUS else None
            if serious is OnSerious.STAFF:
                responses.record_serious(session, row, serious, policy, version)
            mark_untold(session.connection(), {partner})
            _recheck(session, row)
        common.out.print(_said(row, policy))
        signals.tell_cases(database)
    if serious is OnSerious.BLOCK:
        _block(row.complaint_id, partner, by, yes)


def _block(number: int, partner: str, by: str, yes: bool) -> None:
    """Block the partner, as a person who runs `partners block` does, and with the same notice.

    Where that is refused, not confirmed or not possible now, the complaint waits for a person.
    """
    try:
        orders.give(partner, Intervention.BLOCKED, Order(by, f"serious complaint {number}"), yes)
    except UserError as error:
        raise UserError(
            f"complaint {number} is recorded and waits for a person, for the block was not "
            f"carried out: {error}"
        ) from error
    with common.database() as database, database.write() as session:
        now = common.program_now(database)
        recorder.sign(session, by, now)
        version, policy = policies.required(session, now)
        row = complaints.settle(session, number, who=by, how="blocked at once", now=now)
        responses.record_serious(session, row, OnSerious.BLOCK, policy, version)


def list_(
    partner: Annotated[
        str | None, typer.Argument(metavar="PARTNER", help="Default: about anybody.")
    ] = None,
    as_json: Json = False,
    limit: Limit = None,
) -> None:
    """List complaints, the newest first, and what became of them."""
    with common.database() as database, database.read() as session:
        if partner is not None:
            known_partner(session, partner)
        listing.print_complaints(
            complaints.listed(session, partner),
            everybody=partner is None,
            as_json=as_json,
            limit=limit,
            nothing="No complaints.",
        )


def settle(number: Number, reason: cases.Reason, by: common.By) -> None:
    """Say that a serious complaint was dealt with, and how. It goes on counting."""
    _not_blank(reason=reason, by=by)
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            recorder.sign(session, by, now)
            row = complaints.settle(session, number, who=by, how=reason.strip(), now=now)
    common.out.print(f"Complaint {number} about {row.partner_id} is settled.")


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
            _recheck(session, row)
        common.out.print(f"Complaint {number} about {row.partner_id} is withdrawn.")
        signals.tell_cases(database)


def _recheck(session: Session, row: ComplaintRow) -> None:
    month = Month.of(row.received_on).number
    rechecks.mark_touched(session.connection(), [(row.partner_id, month)])


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


def _said(row: ComplaintRow, policy: Policy) -> str:
    month = Month.of(row.received_on)
    words = [f"Complaint {row.complaint_id} about {row.partner_id} is recorded for {month}."]
    if not any(COMPLAINTS in tier.keep_standards for tier in policy.tiers):
        words.append("No tier has a criterion for complaints, so it is only listed.")
    if row.severity == Severity.SERIOUS and policy.complaints.serious is OnSerious.STAFF:
        words.append("It is serious, and waits for a person: partners inbox")
    return " ".join(words)
