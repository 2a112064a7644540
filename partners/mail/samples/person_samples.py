"""Invented facts of the notices about what a person decided, for previews and tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from partners.domain.cases.commands import Intervention
from partners.domain.mail.notices import NoticeKind
from partners.mail.notice import ByPerson

PERSONS: Mapping[NoticeKind, Intervention] = {
    NoticeKind.EXTENDED: Intervention.EXTENDED,
    NoticeKind.PAUSED: Intervention.PAUSED,
    NoticeKind.WAIVED: Intervention.WAIVED,
    NoticeKind.REINSTATED: Intervention.REINSTATED,
    NoticeKind.BLOCKED: Intervention.BLOCKED,
    NoticeKind.APPEAL: Intervention.APPEALED,
}
"""Of each kind the decision that a preview shows."""

_UNTIL = (Intervention.PAUSED, Intervention.WAIVED)


def of_person(what: Intervention, clock: Mapping[str, date], today: date) -> dict[str, object]:
    """The facts of a decision on an open case; `clock`: its deadline and decision day."""
    until = today + timedelta(days=60) if what in _UNTIL else None
    stopped = what in (Intervention.PAUSED, Intervention.APPEALED)
    dates = clock if what is Intervention.EXTENDED else {}
    return {**dates, "by_person": ByPerson(what, True, until, clock_stopped=stopped)}
