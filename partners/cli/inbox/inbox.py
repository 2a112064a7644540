"""`partners inbox`: everything that waits for a person, in one place."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Limit, print_tables
from partners.cli.progress import progress
from partners.domain.inbox.inbox import InboxItem


def inbox(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    limit: Limit = None,
) -> None:
    """What waits for a person: guard, holds, mail, promotions, corrections, dead letters."""
    from activities.inbox.inbox import inbox as gather

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
            for item in items[:limit]
        ]
        common.out.write_json(facts)
        return
    print_tables(
        lambda: Table("what", "about", "since", "why", "run"),
        _add,
        items,
        limit=limit,
        nothing="Nothing waits for a person.",
        all_with="--json",
    )


def _add(table: Table, item: InboxItem) -> None:
    since = f"{item.since:%Y-%m-%d %H:%M}"
    table.add_row(item.kind, item.about, since, item.why, item.command)
