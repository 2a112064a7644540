"""`partners demo`: whole cases in about a minute, with sample partners and days of a second."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from partners.cli.printing import Screen
from partners.loading import on_use

with on_use():
    from partners import embedded
    from partners.demo import play

FOLDER = Path(".partners/demo")


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the summary, also on a terminal.")
    ] = False,
    seconds_per_day: Annotated[
        float, typer.Option(min=0.1, max=60, help="How long a day of the demo lasts.")
    ] = 1.0,
) -> None:
    """Show thirteen sample partners, each with a story that ends, in about a minute.

    Eight are judged by the monthly review, two hold an exclusive, three refer.

    It has its own database in .partners/demo/, made anew at every start. Exit status 1 if a story
    did not end as it must, 130 if it was stopped before.
    """
    console = Screen()
    if not console.is_terminal:
        console = Screen(width=110)  # for a log, not for a window
    with embedded.only_one(FOLDER.parent / "demo.lock", "partners demo"):
        as_told = asyncio.run(play.Demo(FOLDER, console, seconds_per_day, once).play())
    if as_told is None:
        raise typer.Exit(130)  # as for any program that Ctrl-C ended
    if not as_told:
        raise typer.Exit(1)
