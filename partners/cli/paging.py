"""Long lists: the first rows as tables, while they are read, and a word on how to see more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.bounds import MOST

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
