"""Plain text: values made harmless for one line, and paragraphs wrapped for mail."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from functools import lru_cache

WIDTH = 76
NAME_LENGTH = 60
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
_ITEM = re.compile(r"(  |- |\d+\. )")


@lru_cache(maxsize=1024)  # most values, such as a tier's benefits, stand in every message
def one_line(value: str, most: int = 300) -> str:
    """The value on one line: no controls, no direction overrides, at most so many characters.

    Joiners stay, for emoji and for scripts that need them.
    """
    spaced = " ".join(value.split())
    visible = "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c)[0] != "C")
    visible = " ".join(visible.split())
    return visible if len(visible) <= most else visible[: most - 1].rstrip() + "…"


def wrap(text: str) -> str:
    """Wrap paragraphs at 76 columns.

    Lines that follow each other flow together, except that `- `, `1. ` or two spaces begin a line
    of their own, which hangs when it is long; four spaces (a command) are left alone. Addresses
    are never broken.
    """
    lines: list[str] = []
    for line in text.strip().splitlines():
        line = line.rstrip()
        if line == "--":  # the signature's separator ends in a space
            lines += ["-- "]
            continue
        flows = lines and lines[-1] and not lines[-1].startswith(("    ", "-- "))
        if line and flows and not _ITEM.match(line) and not line.startswith("    "):
            lines[-1] += " " + line
        elif line or (lines and lines[-1]):  # never two blank lines in a row
            lines.append(line)
    return "\n".join(_wrap_line(line) for line in lines) + "\n"


@lru_cache(maxsize=512)  # most sentences stand in every message of their kind
def _wrap_line(line: str) -> str:
    if line.startswith("    ") or len(line) <= WIDTH:
        return line
    marker = _ITEM.match(line)
    hang = " " * len(marker[0]) if marker else ""
    if marker and marker[0] == "  " and ": " in line:
        hang = " " * 4
    return textwrap.fill(
        line, WIDTH, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )
