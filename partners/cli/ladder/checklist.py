"""`partners checklist`: the enablement track of who has just become a reseller."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.ladder.ladder import PartnerArgument
from partners.domain.policy.referral_policy import step_label
from partners.errors import UserError
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.referrals import qualifications
from partners.store.tables.referral_tables import ChecklistRow


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
    with common.database() as database:
        now = common.program_now(database)
        with database.write() if done or undo else database.read() as session:
            rows = _steps(session, partner)
            if done or undo:
                chosen = _chosen(rows, done or undo or "")
                if undo:
                    chosen.done_on = chosen.who = chosen.notes = None
                elif chosen.done_on is None:  # the first tick stays on record
                    chosen.done_on = calendar_of(policies.required(session, now)[1]).day_of(now)
                    chosen.who, chosen.notes = by, notes or None
    _print(rows)


def _steps(session: Session, partner: str) -> list[ChecklistRow]:
    locked_partner(session, partner)
    rows = list(qualifications.checklist(session, partner))
    if not rows:
        raise UserError(
            f"{partner} has no checklist; it begins when a referral partner has qualified and "
            "entered a tier"
        )
    return rows


def _chosen(rows: list[ChecklistRow], step: str) -> ChecklistRow:
    chosen = next((row for row in rows if row.step == step), None)
    if chosen is None:
        steps = ", ".join(row.step for row in rows)
        raise UserError(f"there is no step {step!r}; the steps are {steps}")
    return chosen


def _print(rows: list[ChecklistRow]) -> None:
    table = Table("", "step", "done", "by", "notes")
    for row in rows:
        mark = "✓" if row.done_on else ""
        day = f"{row.done_on}" if row.done_on else f"--done {row.step}"
        table.add_row(mark, step_label(row.step), day, row.who or "", row.notes or "")
    common.out.print(table)
