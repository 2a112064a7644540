"""What a shell may complete that only the database knows, or a list that is longer than one types.

Answered without loading the command, as the table of all is (ADR 012): so it says here, and
tests/cli/test_completing.py holds, which commands begin with a partner or a kind, and which options
are followed by one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich.markup import escape

from partners.cli.printing import visible
from partners.loading import by_name, on_use

with on_use():
    from partners.domain.mail import notices
    from partners.domain.offers import exclusive
    from partners.domain.record import note_types, standing
    from partners.domain.reviews import review
    from partners.store.people import beginnings

DATABASE = "sqlite:///.partners/partners.db"
"""Where none is named; as the settings say, which take too long to load."""


class Suggestion(NamedTuple):
    """One, as the shell is told it; `help` beside it, where the shell shows that."""

    value: str
    help: str | None = None
    type: str = "plain"


Source = Callable[[str], Iterable[tuple[str, str]]]
"""What begins so: each with a word on it, which may be blank."""


def database_url() -> str:
    """As commands have it: from the environment, else `.env`."""
    if given := os.environ.get("DATABASE_URL"):
        return given
    return by_name("dotenv:dotenv_values")(".env").get("DATABASE_URL") or DATABASE


def _partners(beginning: str) -> list[tuple[str, str]]:
    return beginnings.partners(database_url(), beginning)


def _tiers(_beginning: str) -> list[tuple[str, str]]:
    return beginnings.tiers(database_url())


def _areas(beginning: str) -> list[tuple[str, str]]:
    return beginnings.areas(database_url(), beginning)


def _exclusives(*statuses: str) -> Source:
    """Those that stand so; whichever, where none is named."""
    return lambda beginning: beginnings.exclusives(database_url(), beginning, statuses)


def _words(words: Callable[[], Iterable[str]]) -> Source:
    """Of a list that is loaded when it is asked for."""
    return lambda _beginning: [(str(word), "") for word in words()]


def _audited(beginning: str) -> list[tuple[str, str]]:
    acts = [("verify", "was anything changed?"), ("fairness", "same findings, same treatment?")]
    return [*acts, ("export", "all of it"), *_partners(beginning)]


_KINDS = _words(lambda: notices.NoticeKind)
_REVIEWS = _words(lambda: review.ReviewKind)

FIRST: dict[str, Source] = {
    **dict.fromkeys(
        (
            *("show", "assess", "start", "extend", "pause", "resume", "waive", "reinstate"),
            *("remove", "block", "unblock", "pin", "unpin", "appeal", "uphold", "overturn"),
            *("cancel-case", "tell", "note", "approve", "decline", "add", "appraise", "checklist"),
            *("complaint add", "complaint list", "statement", "policy migrate"),
            *("exclusive propose", "incentives show"),
        ),
        _partners,
    ),
    "audit": _audited,
    "area show": _areas,
    "exclusive activate": _exclusives("proposed"),
    "exclusive withdraw": _exclusives("proposed"),
    "exclusive end": _exclusives("announced", "active", "suspended"),
    **dict.fromkeys(("exclusive show", "exclusive renew"), _exclusives()),
    **dict.fromkeys(("mail preview", "mail test", "stop kind", "go kind"), _KINDS),
    **dict.fromkeys(("stop review", "go review"), _REVIEWS),
}
"""What the first thing after a command is."""
AFTER: dict[str, Source] = {
    "exclusive list --area": _areas,
    "exclusive list --partner": _partners,
    "exclusive list --status": _words(lambda: exclusive.ExclusiveStatus),
    "exclusive propose --area": _areas,
    "exclusive propose --tier": _tiers,
    "list --tier": _tiers,
    "list --standing": _words(lambda: standing.Standing),
    "add --tier": _tiers,
    "mail list --partner": _partners,
    "mail list --kind": _KINDS,
    "mail list --state": _words(lambda: notices.MailState),
    "note --type": _words(lambda: note_types.BY_PEOPLE),
    "referral add --partner": _partners,
    "referral list --partner": _partners,
}
"""What comes after an option of a command."""
FLAGS = ("--json", "--yes", "--quiet")
"""Options that may stand before the first thing, for no value follows them."""


def source(words: str, typed: Sequence[str]) -> Source | None:
    """What a word is to be completed from that follows these; None: the command itself knows."""
    if typed and (after := AFTER.get(f"{words} {typed[-1]}")) is not None:
        return after
    return FIRST.get(words) if all(word in FLAGS for word in typed) else None


def suggestions(source: Source, beginning: str) -> list[Suggestion]:
    """What begins so. Nothing where it cannot be read: a person is typing, and no error helps."""
    try:
        found = list(source(beginning))
    except Exception:
        return []
    return [
        Suggestion(value, escape(visible(about)) or None)
        for value, about in found
        if value.startswith(beginning) and visible(value) == value
    ]
