"""The one way to the terminal: what people wrote comes out as text, and as nothing else.

Names, reasons, texts and file names are other people's words. A square bracket in them is no
markup, an escape character moves no cursor, sets no title and hides nothing, and a direction
override turns no line around: what cannot be seen is written as its code, `\\x1b`. A test holds
that every command prints through here, and another that none lets such words through.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from typing import IO, Any, ClassVar, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from partners.spreadsheets import as_text

T = TypeVar("T")

_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, but for line ends and tabs
    "\xad\u061c\u180e\u200b\u200e\u200f"  # blank marks; joiners stay, scripts and emoji need them
    "\u2028-\u202e\u2060-\u206f"  # line ends of their own, overrides, isolates
    "\ufeff\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e007f"
    "\ud800-\udfff"  # bytes that were no text
)
_NOT_SHOWN = re.compile(rf"[{_UNSEEN}]|\r(?!\n)")


def visible(text: str) -> str:
    """The text with everything that works in secret written out: `\\x1b`, `\\u202e`."""
    if text.isascii() and text.isprintable():  # as most are: said in a tenth of the time
        return text
    return _NOT_SHOWN.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _json_code(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def styled(text: str, style: str) -> Text:
    """Text in a style, for a cell or a line; in everything else markup is text."""
    return Text(visible(text), style)


class Screen(Console):
    """Standard output, or standard error: a console of rich that takes every string as text."""

    _rewritten: ClassVar[Screen | None] = None  # whose last line is not there to stay

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)

    # ---- for people ----

    def render_str(self, text: str, *, style: str | Style = "", **options: Any) -> Text:
        """As rich's, of the visible text; what rich says of markup does not count."""
        options |= {"markup": False, "emoji": False}
        return super().render_str(visible(text), style=style, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """As rich's; `Text` that somebody has made from words is made visible too."""
        if isinstance(renderable, Table):
            for column in renderable.columns:  # what is too wide goes on below; ids stay whole
                column.overflow = "fold"
        if isinstance(renderable, Text) and _NOT_SHOWN.search(renderable.plain):
            renderable = Text(visible(renderable.plain), renderable.style)
        return super().render(renderable, options)

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich's."""
        _make_way()
        super().print(*objects, **options)

    def write(self, text: object, end: str = "\n") -> None:
        """Print a text as it is, never wrapped."""
        self._put(visible(str(text)) + end)

    def rewrite(self, text: str) -> None:
        """On a terminal: a line that stays until the next one; blank: take it away."""
        self.file.write(f"\r\x1b[2K{visible(text)}")
        self.file.flush()
        Screen._rewritten = self if text else None

    def _put(self, text: str) -> None:
        _make_way()
        self.file.write(text)

    # ---- for programs ----

    def write_json(self, value: Any, indent: int | None = 2) -> None:
        self._put(_json(value, indent) + "\n")

    def write_json_lines(self, values: Iterable[Any]) -> None:
        """One object a line."""
        for value in values:
            self.write_json(value, None)

    def write_json_array(self, values: Iterable[Any]) -> None:
        """A JSON array, written while its elements are made."""
        before = ""
        for value in values:
            self._put(f"{before},\n" if before else "[\n")
            before = "  " + _json(value, 2).replace("\n", "\n  ")
        self._put(f"{before}\n]\n" if before else "[]\n")

    def write_csv(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        write_csv(self.file, columns, _making_way(rows))


out = Screen()
"""For results: stdout, so that they can be piped."""
err = Screen(stderr=True)
"""For warnings and progress: stderr."""


def spell_out() -> None:
    """Have characters that this terminal does not know written as their codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _make_way() -> None:
    """Take away the line that is not there to stay, before something is printed."""
    if (screen := Screen._rewritten) is not None:
        screen.rewrite("")


def _making_way(rows: Iterable[T]) -> Iterator[T]:
    for row in rows:
        _make_way()
        yield row


def write_csv(
    file: IO[str],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    lineterminator: str = "\n",
) -> None:
    """Write CSV, whose words are text for a terminal and for a spreadsheet as well."""
    writer = csv.writer(file, lineterminator=lineterminator)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    return as_text(visible(value)) if isinstance(value, str) else value


def _json(value: Any, indent: int | None) -> str:
    """JSON that is the same value when it is read, with nothing in it that a terminal obeys."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return _NOT_SHOWN.sub(_json_code, text)
