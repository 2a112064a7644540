"""A message in the terminal, with its English version where it is in another language."""

from __future__ import annotations

from itertools import zip_longest

from partners.cli import common
from partners.domain.mail.notices import Rendered

COLUMN = 78
"""Of a message's lines, which are wrapped at 76; an address may be longer."""


def print_mail(message: Rendered, english: Rendered | None) -> None:
    """Subject and text; the English version below it."""
    common.out.print(_whole(message))
    if english is not None:
        common.out.print("In English:", style="bold")
        common.out.print(_whole(english))


def beside(message: Rendered, english: Rendered) -> str:
    """Both in two columns, paragraph beside paragraph."""
    pairs = zip_longest(_whole(message).split("\n\n"), _whole(english).split("\n\n"), fillvalue="")
    return "\n\n".join(_columns(left, right) for left, right in pairs) + "\n"


def _whole(message: Rendered) -> str:
    return f"Subject: {message.subject}\n\n{message.text}"


def _columns(left: str, right: str) -> str:
    lines = zip_longest(left.splitlines(), right.splitlines(), fillvalue="")
    return "\n".join(f"{mine:<{COLUMN}}{yours}".rstrip() for mine, yours in lines)
