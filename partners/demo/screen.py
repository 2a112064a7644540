"""What the demo shows: a live table on a terminal, lines elsewhere, a summary at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rich import box
from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from partners.demo.scene import Scene
from partners.demo.stories import START, Ending

FULL_WIDTH = 100
"""The width of a terminal in which the last e-mails have room too."""

STYLES = (
    ("reinstated", "green"),
    ("in good standing", "green"),
    ("recovering", "green"),
    ("cured", "green"),
    ("removed", "red"),
    ("on hold", "magenta"),
    ("in grace", "yellow"),
    ("a reseller", "green"),
    ("stays", "green"),
    ("exclusive, but", "yellow"),
    ("exclusive", "green"),
    ("no longer", "red"),
    ("keeps", "green"),
    ("loses", "red"),
)


def pace_words(day_seconds: float) -> str:
    """`a day lasts a second`."""
    length = "a second" if day_seconds == 1 else f"{day_seconds:g} seconds"
    return f"DEMO — a day lasts {length}"


class Screen(Protocol):
    """Shows the demo while it plays."""

    def __enter__(self) -> Screen: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, now: datetime, scenes: Sequence[Scene]) -> None: ...


class LiveScreen:
    """A table on a terminal, drawn anew as days go by."""

    def __init__(self, console: Console, day_seconds: float, links: str) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._title = pace_words(day_seconds)
        self._links = links

    def __enter__(self) -> LiveScreen:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, now: datetime, scenes: Sequence[Scene]) -> None:
        page = self._page(now, scenes, high=True)
        if len(self._console.render_lines(page)) > self._console.height:
            page = self._page(now, scenes, high=False)
        self._live.update(page, refresh=True)

    def _page(self, now: datetime, scenes: Sequence[Scene], high: bool) -> Group:
        """The plots and whole sentences; or where that is too high, a line for each partner."""
        table = _table(scenes, self._console.width >= FULL_WIDTH, high)
        return Group(self._day(now), table, Text(self._links))

    def _day(self, now: datetime) -> RenderableType:
        day = (now - START).days
        text = Text(f"{now:%A %-d %B %Y}", style="bold")
        text.append(f"   day {day}", style="dim")
        style = "bold black on yellow"
        return Panel(Align.center(text), title=Text(f" {self._title} ", style), box=box.HEAVY)


class Lines:
    """A line whenever something happens, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, str] = {}

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, now: datetime, scenes: Sequence[Scene]) -> None:
        for scene in scenes:
            notice = f" · e-mail: {scene.notice}" if scene.notice else ""
            line = f"{scene.story.name}: {scene.status}{notice}"
            if self._told.get(scene.story.partner_id) != line:
                self._told[scene.story.partner_id] = line
                self._console.print(f"{now:%Y-%m-%d}  {line}", soft_wrap=True)


def _table(scenes: Sequence[Scene], wide: bool, high: bool) -> Table:
    padding = (0, 1) if wide else (0, 1, 0, 0)
    table = Table(box=box.SIMPLE_HEAD, expand=wide, padding=padding, pad_edge=wide, show_edge=wide)
    table.add_column("partner", ratio=5 if high else 3, min_width=12, no_wrap=not high)
    table.add_column("status", ratio=4, min_width=24, no_wrap=not high)
    table.add_column("deadline", no_wrap=True)
    table.add_column(
        "measured, required", ratio=5, min_width=None if high else 30, no_wrap=not high
    )
    if wide:
        table.add_column("last e-mail", ratio=3, no_wrap=not high)
    for scene in scenes:
        who = _who(scene) if high else Text(scene.story.name, style="bold")
        deadline = f"{scene.deadline:%-d %b}" if scene.deadline else ""
        cells: list[RenderableType] = [
            who,
            _status(scene.status),
            deadline,
            scene.numbers,
            scene.notice,
        ]
        table.add_row(*cells[: len(table.columns)])
    return table


def _status(words: str) -> Text:
    style = next((style for start, style in STYLES if words.startswith(start)), "")
    return Text(words, style=style)


def summary(scenes: Sequence[Scene]) -> Table:
    """How each story ended and why; a mark where it did not end as it must."""
    table = Table(title="How it ended", box=box.SIMPLE_HEAD, expand=True, padding=(0, 1, 1, 1))
    table.add_column("partner", ratio=4)
    table.add_column("ended", ratio=3)
    table.add_column("why", ratio=7)
    for scene in scenes:
        why = Text(scene.why[:1].upper() + scene.why[1:])
        why.append(f"\n{scene.story.lesson}", style="dim")
        table.add_row(_who(scene), _ended(scene), why)
    return table


def _who(scene: Scene) -> Text:
    who = Text(scene.story.name, style="bold")
    return who.append(f"\n{scene.story.plot}", style="not bold dim")


def _ended(scene: Scene) -> Text:
    if scene.is_as_told:
        return _status(scene.ending or "")
    ended: Ending | str = scene.ending or "has not ended"
    return Text(f"✗ {ended}\n(expected: {scene.story.ending})", style="bold red")
