"""What follows where nobody knows whether a message was sent (research: the send protocol).

Evidence decides. Where there is none for the whole window, the policy of its kind does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from partners.domain.mail.notices import MailState
from partners.domain.mail.topics import topic_of
from partners.domain.number_words import number_of

PATIENCE = timedelta(days=1)
"""So much longer than the window we wait for a provider that cannot be asked."""
MOST_ATTEMPTS = 3
"""A notice lost so often in a row is not sent again by itself: something is wrong with the way."""


@dataclass(frozen=True)
class Evidence:
    """What the provider is known to have done with a message, and when."""

    state: MailState  # accepted or rejected
    at: datetime
    detail: str
    provider_id: str | None = None


@dataclass(frozen=True)
class Finding:
    """What becomes of an unknown message."""

    state: MailState  # accepted, rejected or lost
    at: datetime
    detail: str
    provider_id: str | None = None


def resolve(
    kind: str,
    attempt: int,
    evidence: Evidence | None,
    *,
    handed_over_at: datetime,
    now: datetime,
    window: timedelta,
    asked: bool = True,
) -> Finding | None:
    """What is to be made of an unknown message; None: wait for evidence a while longer.

    `asked`: whether the provider could be asked; if not, it is given a day more. All times are of
    one clock. Something that was accepted was so when the provider had it: not
    when we learned it, and never before we handed it over.
    """
    if evidence is not None:
        at = min(max(evidence.at, handed_over_at), now)
        return Finding(evidence.state, at, evidence.detail, evidence.provider_id)
    if now - handed_over_at < (window if asked else window + PATIENCE):
        return None
    minutes = round(window.total_seconds() / 60)
    return Finding(
        MailState.LOST,
        now,
        f"no trace of it within {number_of(minutes, 'minute')}: {then(kind, attempt)}",
    )


def sends_again(kind: str, attempt: int) -> bool:
    """Whether a lost notice goes out again: service mail does, optional mail is dropped.

    `attempt`: how many were lost, with this one.
    """
    return topic_of(kind) is None and attempt < MOST_ATTEMPTS


def then(kind: str, attempt: int) -> str:
    """What follows a loss, for staff."""
    if topic_of(kind) is not None:
        return "dropped, for it is optional"
    if attempt < MOST_ATTEMPTS:
        return "it is sent again"
    return f"given up after {MOST_ATTEMPTS} attempts; a person must look"
