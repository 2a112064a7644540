"""`partners checklist`: the enablement track of who has just become a reseller."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.ladder.ladder import PartnerArgument
from partners.errors import UserError
from partners.use_cases.ladder import checklist as track
from partners.use_cases.ladder.checklist import ChecklistStep


def checklist(
    partner: PartnerArgument,
    by: common.By,
    done: Annotated[str | None, typer.Option("--done", help="Tick this step.")] = None,
    undo: Annotated[str | None, typer.Option("--undo", help="Take a tick back.")] = None,
    notes: Annotated[str, typer.Option("--notes", help="Kept with the tick.")] = "",
) -> None:
    """Show the steps that get a new reseller going, or tick one."""
    if done and undo:
        raise UserError("tick one step at a time: --done or --undo")
    with common.acting_as(by) as manager:
        if done:
            _print(track.tick(manager, partner, done, notes))
        elif undo:
            _print(track.untick(manager, partner, undo))
        else:
            _print(track.checklist(manager, partner))


def _print(steps: list[ChecklistStep]) -> None:
    table = Table("", "step", "done", "by", "notes")
    for one in steps:
        mark = "✓" if one.done_on else ""
        day = f"{one.done_on}" if one.done_on else f"--done {one.step}"
        table.add_row(mark, one.label, day, one.who or "", one.notes or "")
    common.out.print(table)
