"""`partners inbox`: everything that waits for a person, in one place."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from partners.cli import common
from partners.cli.progress import progress

SHOWN_MOST = 200
"""Lines of the table, unless `--limit` says otherwise."""


def inbox(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="So many at most; 0: all.")] = SHOWN_MOST,
) -> None:
    """What waits for a person: guard, holds, mail, promotions, corrections, dead letters."""
    from activities.inbox import inbox as gather

    looking = progress("judging closed cases whose data changed")
    with common.database() as database, looking as step:
        items = gather(database, common.program_now(database), step)
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
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    shown = items[: limit or None]
    if not items:
        common.out.print("Nothing waits for a person.")
        return
    table = Table("what", "about", "since", "why", "run")
    for item in shown:
        since = f"{item.since:%Y-%m-%d %H:%M}"
        table.add_row(item.kind, *(Text(t) for t in (item.about, since, item.why, item.command)))
    common.out.print(table)
    if len(items) > len(shown):
        common.out.print(f"The first {limit} of {len(items):,}; all: --limit 0, or --json")
