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
    from partners.mail.words import inbox_words, plain
    from partners.use_cases.inbox import waiting

TEXT_LENGTH = 200
"""Characters of what somebody wrote, in the table; `--json` has all of it."""


def inbox(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    limit: Limit = None,
) -> None:
    """What waits for a person: guard, holds, mail, promotions, corrections, dead letters."""
    looking = progress("looking at what waits")
    with common.asking() as by, looking as step:
        items = waiting.what_waits(by, step)
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
        "name": item.name or None,
        "text": item.text or None,
        "since": item.since.isoformat(),
        "why": item.why,
        "command": inbox_words.command(item),
    }


def _add(table: Table, item: InboxItem) -> None:
    since = f"{item.since:%Y-%m-%d %H:%M}"
    about = f"{item.about}\n{item.name}" if item.name else item.about
    why = f"{item.why}\n“{plain.one_line(item.text, TEXT_LENGTH)}”" if item.text else item.why
    table.add_row(item.kind, about, since, why, inbox_words.command(item))
