"""What became of a message, line by line, as people read it: the desk's and the command's words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from partners.domain.mail.delivery import Event
from partners.domain.mail.notices import MailState
from partners.store.tables.mail_tables import MailEventRow, OutboxRow

_EVENTS = {
    Event.PROCESSED: ("taken by the provider", ""),
    Event.DEFERRED: ("put off by the receiving server", "warn"),
    Event.DELIVERED: ("delivered", "good"),
    Event.BOUNCE: ("bounced: the address is not written to any more", "bad"),
    Event.DROPPED: ("dropped by the provider", "bad"),
    Event.OPEN: ("opened", "good"),
    Event.CLICK: ("a link was followed", "good"),
    Event.SPAM_REPORT: ("reported as spam: the address is not written to any more", "bad"),
    Event.UNSUBSCRIBE: ("unsubscribed from all optional mail", "warn"),
    Event.GROUP_UNSUBSCRIBE: ("unsubscribed from this topic", "warn"),
    Event.GROUP_RESUBSCRIBE: ("subscribed to this topic again", "good"),
}
_STATES = {
    MailState.ACCEPTED: ("accepted", "good"),
    MailState.REJECTED: ("refused", "bad"),
    MailState.SUPERSEDED: ("superseded by a newer one", "warn"),
    MailState.LOST: ("given up: taken as not sent", "warn"),
}


@dataclass(frozen=True)
class Line:
    """One thing that happened. `tone`: good, warn, bad or blank."""

    at: datetime
    what: str
    detail: str = ""
    tone: str = ""


def history(row: OutboxRow, events: Iterable[MailEventRow]) -> list[Line]:
    """Everything known of a message, oldest first: what we did, then what was reported."""
    lines = [Line(row.rendered_at, "written")]
    if row.claimed_at and row.claimed_at != row.rendered_at:
        lines.append(Line(row.claimed_at, "handed over"))
    if row.settled_at:
        what, tone = _STATES.get(row.state, (row.state, ""))
        lines.append(Line(row.settled_at, what, row.detail or "", tone))
    lines += [_line(event) for event in sorted(events, key=_by_time)]
    # Providers tell whole seconds: within one, what stands here first happened first.
    return sorted(lines, key=lambda line: line.at.replace(microsecond=0))


def _by_time(row: MailEventRow) -> tuple[datetime, int]:
    return row.at, list(Event).index(row.event)


def _line(row: MailEventRow) -> Line:
    what, tone = _EVENTS[row.event]
    if row.event == Event.BOUNCE and row.bounce_type != "bounce":
        what = "blocked this once: the receiving server refused it"
    notes = [row.reason, "simulated" if row.simulated else "", "" if row.by_id else "by address"]
    return Line(row.at, what, " · ".join(note for note in notes if note), tone)
