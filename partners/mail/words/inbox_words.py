"""What waits for a person, in words: grouped by kind, the oldest first."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from partners.domain.inbox.inbox import InboxAct, InboxItem, InboxKind
from partners.mail.notice import Notice
from partners.mail.words.plain import one_line

SHOWN_MOST = 20
"""Items of one kind that the mail names; `partners inbox` has them all."""

HEADINGS = {
    InboxKind.GUARD: "To approve: too many partners at once",
    InboxKind.HOLD: "Cases on hold",
    InboxKind.ASIDE: "Partners whose data cannot be judged",
    InboxKind.STEP: "Steps that fail again and again",
    InboxKind.APPEAL: "Appeals",
    InboxKind.COMPLAINT: "Serious complaints",
    InboxKind.MAIL: "Mail that may not have arrived",
    InboxKind.PROMOTION: "Promotions to decide",
    InboxKind.CORRECTION: "Closed cases that would have ended otherwise",
    InboxKind.WEBHOOK: "Changes that the outside could not be told",
    InboxKind.OFFER: "Blocks of offers that name no offer",
}

COMMANDS = {
    InboxAct.DECIDE_GUARDED: "partners guard approve {} --reason … # or reject",
    InboxAct.RESUME_CASE: "partners resume {} --reason …",
    InboxAct.LOOK_AT_PARTNER: "partners show {}",
    InboxAct.LOOK_AT_WORKFLOW: "temporal workflow describe --workflow-id {}",
    InboxAct.ANSWER_APPEAL: "partners uphold {} --reason … # or overturn",
    InboxAct.SETTLE_COMPLAINT: "partners complaint settle {} --reason …",
    InboxAct.MARK_SENT: "partners mail mark-sent {}",
    InboxAct.LOOK_AT_MESSAGE: "partners mail show {}",
    InboxAct.DECIDE_PROMOTION: "partners approve {} --reason … # or decline",
    InboxAct.RETRY_DELIVERY: "partners webhook retry {}",
    InboxAct.SAY_WHICH_OFFER: "partners offer unmatched",
}
"""What staff run: the same in the digest and on the command line."""


def command(item: InboxItem) -> str:
    """What to run about an item."""
    of_temporal = item.act is InboxAct.LOOK_AT_WORKFLOW  # whose ids people choose as they like
    subject = shlex.quote(item.subject) if of_temporal else item.subject
    return COMMANDS[item.act].format(subject)


@dataclass(frozen=True)
class Line:
    """One item: `acme-2026-10`, `feed: the feed ends …`, waiting for 3 days, and a command."""

    about: str
    why: str
    days: int
    command: str


@dataclass(frozen=True)
class Group:
    heading: str
    count: int
    lines: tuple[Line, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


def inbox_words(notice: Notice) -> dict[str, Any]:
    """The words for a digest; empty for other notices."""
    groups = []
    for kind, found in groupby(notice.inbox, key=lambda item: item.kind):
        items = list(found)
        lines = tuple(_line(item, notice.today) for item in items[:SHOWN_MOST])
        groups.append(Group(HEADINGS[kind], len(items), lines))
    return {"inbox_count": len(notice.inbox), "inbox": groups}


def _line(item: InboxItem, today: date | None) -> Line:
    days = (today - item.since.date()).days if today else 0
    about = f"{item.about} ({item.name})" if item.name else item.about
    return Line(one_line(about), one_line(item.why, 200), max(0, days), command(item))
