"""Invented facts of the notices about what a person decided, for previews and tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from partners.domain.cases.commands import CommandKind
from partners.domain.mail.notices import NoticeKind
from partners.mail.notice import CommandFacts

PERSONS: Mapping[NoticeKind, CommandKind] = {
    NoticeKind.EXTENDED: CommandKind.EXTENDED,
    NoticeKind.PAUSED: CommandKind.PAUSED,
    NoticeKind.WAIVED: CommandKind.WAIVED,
    NoticeKind.REINSTATED: CommandKind.REINSTATED,
    NoticeKind.BLOCKED: CommandKind.BLOCKED,
    NoticeKind.APPEAL: CommandKind.APPEALED,
}
"""Of each kind the decision that a preview shows."""

_UNTIL = (CommandKind.PAUSED, CommandKind.WAIVED)


def of_person(what: CommandKind, clock: Mapping[str, date], today: date) -> dict[str, object]:
    """The facts of a decision on an open case; `clock`: its deadline and decision day."""
    until = today + timedelta(days=60) if what in _UNTIL else None
    stopped = what in (CommandKind.PAUSED, CommandKind.APPEALED)
    dates = clock if what is CommandKind.EXTENDED else {}
    return {**dates, "by_person": CommandFacts(what, True, until, clock_stopped=stopped)}
