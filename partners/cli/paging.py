"""Long lists, printed while they are read: the first rows as tables, with a word on how to see
more, or all of them as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.bounds import MOST
from partners.cli.progress import counted, progress

T = TypeVar("T")
SHOWN = 200
"""In a table, unless `--limit` says otherwise."""
A_TABLE = 500
"""So many have a table of their own: its columns are as wide as the widest of them, and it is
kept in memory until then."""

Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, max=MOST, help=f"At most so many. Default: {SHOWN} in a table, else all."
    ),
]

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def print_list(
    what: str,
    items: Iterable[T],
    new: Callable[[], Table],
    add: Callable[[Table, T], None],
    facts: Callable[[T], dict[str, Any]] | None = None,
    *,
    as_json: bool = False,
    limit: int | None,
    nothing: str,
    total: int | None = None,
) -> None:
    """Print a list in either form. `what`: its things, in the plural; `facts`: one as JSON."""
    with progress(f"reading {what}", total) as step:
        rows = counted(items, step)
        if as_json and facts is not None:
            common.out.write_json_array(facts(row) for row in islice(rows, limit))
            return
        all_with = "--json" if facts is not None else ""
        print_tables(new, add, rows, limit=limit, nothing=nothing, all_with=all_with)


def print_tables(
    new: Callable[[], Table],
    add: Callable[[Table, T], None],
    items: Iterable[T],
    *,
    limit: int | None,
    nothing: str,
    all_with: str = "",
) -> None:
    """Print the first items; `all_with`: the option that gives all of them in another form."""
    rest, most, shown = iter(items), limit or SHOWN, 0
    while part := list(islice(rest, min(A_TABLE, most - shown))):
        table = new()
        for item in part:
            add(table, item)
        common.out.print(table)
        shown += len(part)
    if not shown:
        common.out.print(nothing)
    elif next(rest, None) is not None:
        others = f"; all of them: {all_with}" if all_with else ""
        common.out.print(f"These are the first {shown:,}; more: --limit {shown * 5}{others}")
