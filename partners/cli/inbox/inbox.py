"""`partners inbox`: everything that waits for a person, in one place."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Limit, print_tables
from partners.cli.progress import progress
from partners.domain.inbox.inbox import InboxItem
from partners.loading import on_use

with on_use():
    from activities.inbox import inbox as waiting


def inbox(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    limit: Limit = None,
) -> None:
    """What waits for a person: guard, holds, mail, promotions, corrections, dead letters."""
    looking = progress("looking at what waits")
    with common.database() as database, looking as step:
        items = waiting.inbox(database, common.program_now(database), step)
    if as_json:
        common.out.write_json_array(_facts(item) for item in items[:limit])
        return
    print_tables(
        lambda: Table("what", "about", "since", "why", "run"),
        _add,
        items,
        limit=limit,
        nothing="Nothing waits for a person.",
        all_with="--json",
    )


def _facts(item: InboxItem) -> dict[str, str | None]:
    return {
        "kind": item.kind,
        "about": item.about,
        "partner_id": item.partner_id,
        "since": item.since.isoformat(),
        "why": item.why,
        "command": item.command,
    }


def _add(table: Table, item: InboxItem) -> None:
    since = f"{item.since:%Y-%m-%d %H:%M}"
    table.add_row(item.kind, item.about, since, item.why, item.command)
