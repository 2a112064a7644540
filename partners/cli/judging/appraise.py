"""`partners appraise`: qualities that no number measures, judged by a named reviewer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.ladder.ladder import PartnerArgument
from partners.errors import UserError
from partners.use_cases.judging import appraising

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
    with common.acting_as(by) as manager:
        day = on.date() if on else None
        done = appraising.appraise(manager, partner, criterion, met, notes, day)
    judgement = "met" if met else "not met"
    common.out.print(
        f"{partner}: {done.label} is {judgement} as of {done.appraisal.appraised_on}, by {by}; it "
        f"counts until {done.appraisal.expires_on}.",
    )


def _show(partner: str) -> None:
    table = Table("criterion", "judgement", "on", "counts until", "by", "notes")
    with common.asking() as viewer:
        for one in appraising.appraisals_of(viewer, partner):
            judgement = "met" if one.met else "not met"
            days = str(one.appraised_on), str(one.expires_on)
            table.add_row(one.criterion, judgement, *days, one.reviewer, one.notes)
    if table.row_count:
        common.out.print(table)
    else:
        common.out.print(f"Nothing is recorded about {partner}.")
