"""`partners appraise`: qualities that no number measures, judged by a named reviewer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.ladder.ladder import PartnerArgument
from partners.domain.policy.entering import unknown_quality
from partners.errors import UserError
from partners.store.judging import appraisals
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies

Day = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        formats=["%Y-%m-%d"],
        callback=common.real_day,
        help="The day of the appraisal. Default: today.",
    ),
]


def appraise(
    partner: PartnerArgument,
    by: common.By,
    criterion: Annotated[
        str | None, typer.Argument(metavar="CRITERION", help="None: show what is recorded.")
    ] = None,
    met: Annotated[bool | None, typer.Option("--met/--not-met", help="The judgement.")] = None,
    notes: Annotated[str, typer.Option("--notes", help="What it rests on.")] = "",
    on: Day = None,
) -> None:
    """Record an appraisal of a partner, or show those recorded. The newest one counts."""
    if criterion is None:
        _show(partner)
        return
    if met is None or not notes.strip() or not by.strip():
        raise UserError(
            "an appraisal needs --met or --not-met, --notes with what it rests on, --by"
        )
    with common.database() as database, database.write() as session:
        locked_partner(session, partner)
        now = common.program_now(database)
        _, policy = policies.required(session, now)
        quality = policy.quality(criterion)
        if quality is None:
            raise UserError(f"{criterion}: {unknown_quality(criterion, policy.qualities)}")
        today = calendar_of(policy).day_of(now)
        day = on.date() if on else today
        if day > today:
            raise UserError(f"{day} is in the future; an appraisal is of a day until {today}")
        row = appraisals.appraise(
            session, partner, criterion, quality, met=met, reviewer=by, notes=notes, on=day
        )
    judgement = "met" if met else "not met"
    common.out.print(
        f"{partner}: {quality.label} is {judgement} as of {day}, by {by}; it counts until "
        f"{row.expires_on}.",
    )


def _show(partner: str) -> None:
    with common.database() as database, database.read() as session:
        locked_partner(session, partner)
        table = Table("criterion", "judgement", "on", "counts until", "by", "notes")
        for row in appraisals.appraisals_of(session, partner):
            judgement = "met" if row.met else "not met"
            days = str(row.appraised_on), str(row.expires_on)
            table.add_row(row.criterion, judgement, *days, row.reviewer, row.notes)
    if table.row_count:
        common.out.print(table)
    else:
        common.out.print(f"Nothing is recorded about {partner}.")
