"""`partners complaint add|list|settle|withdraw`: what others say of a partner."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from partners.cli import common, refusals, telling
from partners.cli.bounds import MOST
from partners.cli.cases import cases
from partners.cli.overrides import giving
from partners.cli.paging import Json, Limit
from partners.cli.responses import responses as listing
from partners.domain.cases.commands import Command, CommandKind
from partners.domain.policy.response_policy import OnSerious
from partners.domain.responses.response import Severity
from partners.errors import UserError
from partners.use_cases.responses import complaints

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
    yes: giving.Yes = False,
) -> None:
    """Record a complaint. The next review counts it; a serious one is answered at once."""
    with common.acting_as(by) as manager:
        day = on.date() if on else None
        act = complaints.add(manager, partner, severity, text, about, day)
        made = telling.finished(act)
    common.out.print(_said(made))
    telling.warn_of_cases(made.told)
    if made.answer is OnSerious.BLOCK:
        _block(made.complaint.complaint_id, partner, by, yes)


def _block(number: int, partner: str, by: str, yes: bool) -> None:
    """Block the partner, as a person who runs `partners block` does, and with the same notice.

    Where that is refused, not confirmed or not possible now, the complaint waits for a person.
    """
    try:
        giving.give(partner, CommandKind.BLOCKED, Command(by, f"serious complaint {number}"), yes)
    except UserError as error:
        raise UserError(
            f"complaint {number} is recorded and waits for a person, for the block was not "
            f"carried out: {refusals.words(error)}"
        ) from error
    with common.acting_as(by) as manager:
        complaints.blocked(manager, number)


def list_(
    partner: Annotated[
        str | None, typer.Argument(metavar="PARTNER", help="Default: about anybody.")
    ] = None,
    as_json: Json = False,
    limit: Limit = None,
) -> None:
    """List complaints, the newest first, and what became of them."""
    with common.asking() as by:
        listing.print_complaints(
            complaints.list_complaints(by, partner),
            everybody=partner is None,
            as_json=as_json,
            limit=limit,
            nothing="No complaints.",
        )


def settle(number: Number, reason: cases.Reason, by: common.By) -> None:
    """Say that a serious complaint was dealt with, and how. It goes on counting."""
    with common.acting_as(by) as manager:
        partner = complaints.settle(manager, number, reason)
    common.out.print(f"Complaint {number} about {partner} is settled.")


def withdraw(number: Number, reason: cases.Reason, by: common.By) -> None:
    """Take a complaint back: it does not count any more, and an open case looks again."""
    with common.acting_as(by) as manager:
        withdrawn = telling.finished(complaints.withdraw(manager, number, reason))
    common.out.print(f"Complaint {number} about {withdrawn.partner_id} is withdrawn.")
    telling.warn_of_cases(withdrawn.told)


def _said(made: complaints.Complained) -> str:
    about = made.complaint
    words = [
        f"Complaint {about.complaint_id} about {about.partner_id} is recorded for {made.month}."
    ]
    if not made.is_counted:
        words.append("No tier has a criterion for complaints, so it is only listed.")
    if made.answer is OnSerious.STAFF:
        words.append("It is serious, and waits for a person: partners inbox")
    return " ".join(words)
