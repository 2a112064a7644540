"""`partners inbox`: everything that waits for a person, in one place."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from partners.cli import common


def inbox(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """What waits for a person: guard, holds, mail, promotions, corrections, dead letters."""
    from activities.inbox import inbox as gather

    with common.database() as database:
        items = gather(database, common.program_now(database))
    if as_json:
        facts = [
            {
                "kind": item.kind,
                "about": item.about,
                "partner_id": item.partner_id,
                "since": item.since.isoformat(),
                "why": item.why,
                "command": item.command,
            }
            for item in items
        ]
        common.out.write_json(facts)
        return
    if not items:
        common.out.print("Nothing waits for a person.")
        return
    table = Table("what", "about", "since", "why", "run")
    for item in items:
        since = f"{item.since:%Y-%m-%d %H:%M}"
        table.add_row(item.kind, item.about, since, item.why, item.command)
    common.out.print(table)
