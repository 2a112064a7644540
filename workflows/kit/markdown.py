"""Markdown as the Temporal UI shows it; other people's words are text in it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from partners.domain.cases.view import Act
from partners.domain.mail.view import Mailed

CELL_GAP = "\N{NO-BREAK SPACE}" * 4
"""The UI sets cells without any space between them, so they bring it."""
LIMIT = 20_000
"""Bytes of details that the server takes."""
_MARKS = re.compile(r"([\\`*_\[\]<>|~#&])")


def text(words: str) -> str:
    """Words of people or feeds, without what Markdown and HTML would make of them."""
    return _MARKS.sub(r"\\\1", " ".join(words.split()))


def row(*cells: str) -> str:
    """A line of a table."""
    return "|" + "|".join(f" {cell}{CELL_GAP} " for cell in cells) + "|"


def table(head: Sequence[str], rows: Sequence[str]) -> str:
    return "\n".join([row(*head), "|" + " :-- |" * len(head), *rows])


def bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def joined(parts: Sequence[str]) -> str:
    """Paragraphs, without the empty ones, and cut to what the server takes."""
    details = "\n\n".join(part for part in parts if part)
    encoded = details.encode(errors="replace")
    if len(encoded) <= LIMIT:
        return details
    kept = encoded[: LIMIT - 10].decode(errors="ignore")
    return f"{kept.rpartition(chr(10))[0]}\n\n…"


def acts(
    found: Sequence[Act], more: int = 0, partner_id: str = "", heading: str = "What people did"
) -> str:
    """Who did what, when, and why."""
    if not found:
        return f"**{heading}:** nothing."
    rows = [row(str(a.on), text(a.did), text(a.who), text(a.why)) for a in found]
    return _listed(heading, ("On", "What", "Who", "Why"), rows, more, partner_id)


def mails(found: Sequence[Mailed], more: int = 0, partner_id: str = "") -> str:
    """What was sent, each with a link to where it can be read, if it can."""
    if not found:
        return "**Messages:** none."
    rows = [
        row(str(m.on), _subject(m), "staff" if m.to_staff else "partner", m.state) for m in found
    ]
    return _listed("Messages", ("On", "Subject", "To", "State"), rows, more, partner_id)


def _subject(mail: Mailed) -> str:
    subject = text(mail.subject)
    return f"[{subject}]({mail.link})" if mail.link else f"{subject} (message {mail.number})"


def _listed(
    title: str, head: Sequence[str], rows: Sequence[str], more: int, partner_id: str
) -> str:
    earlier = f" (and {more} earlier: `show {partner_id}`)" if more else ""
    return f"**{title}**{earlier}\n\n{table(head, rows)}"
