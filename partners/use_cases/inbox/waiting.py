"""Everything that waits for a person."""

from __future__ import annotations

from collections.abc import Callable

from activities.inbox import inbox
from partners.domain.inbox.inbox import InboxItem
from partners.use_cases.acting import Viewer


def what_waits(by: Viewer, judged: Callable[[], None] = lambda: None) -> list[InboxItem]:
    """The most pressing kind first; `judged` is called after each closed case that is looked at
    again, which takes longest."""
    return inbox.inbox(by.database, by.now(), judged)
