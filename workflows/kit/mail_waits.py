"""What a workflow waits for when a message could not go out now, and how long."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

from partners.domain.mail.view import Sending
from workflows.kit import options

UNKNOWN_WAITS = "unknown-mail-waits"
SHORTEST_WAIT = timedelta(seconds=1)

WHY = {
    Sending.STOPPED: "mail is stopped: waiting until it goes again",
    Sending.PUT_OFF: "waiting for an hour at which mail goes out",
    Sending.UNKNOWN: "waiting to learn what became of the message",
}
"""What is waited for, by the results after which a message is tried again."""


def is_unknown(result: Sending) -> bool:
    """Whether to wait until it is known what became of a message.

    Earlier runs took such a message for done (2026-11: until all of them are closed).
    """
    # Asked last, and only where it matters: a run that asks while it replays older steps is told
    # no, and keeps that answer for what is new.
    return result is Sending.UNKNOWN and workflow.patched(UNKNOWN_WAITS)


def why(result: Sending) -> str | None:
    """What is waited for before the message is tried again; None: it is done with."""
    if result is Sending.UNKNOWN and not is_unknown(result):
        return None
    return WHY.get(result)


def how_long(result: Sending, until: datetime | None, day: timedelta) -> timedelta:
    """Real time to wait before a message is tried again: until the moment that was named, else a
    program day (`day` is its real length), or less where something may be learned sooner."""
    if until is not None:
        return max(until - workflow.now(), SHORTEST_WAIT)
    return min(day, options.UNKNOWN_RETRY) if result is Sending.UNKNOWN else day
