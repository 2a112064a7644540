"""What a provider's events say of a message: its state goes forward only, however they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """The events of SendGrid's webhook that we know."""

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCE = "bounce"
    DROPPED = "dropped"
    OPEN = "open"
    CLICK = "click"
    SPAM_REPORT = "spamreport"
    UNSUBSCRIBE = "unsubscribe"
    GROUP_UNSUBSCRIBE = "group_unsubscribe"
    GROUP_RESUBSCRIBE = "group_resubscribe"


class Delivery(StrEnum):
    """How far a message came at one address. Later ones in this list outrank earlier ones."""

    PROCESSED = "processed"
    DEFERRED = "deferred"  # the receiving server said: later
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    DROPPED = "dropped"  # the provider did not try: see the reason
    BLOCKED = "blocked"  # refused this once; the address is good
    BOUNCED = "bounced"  # there is no such address
    COMPLAINED = "complained"  # reported as spam

    @property
    def rank(self) -> int:
        return list(Delivery).index(self)

    @property
    def failed(self) -> bool:
        """Whether the message did not arrive."""
        return self in (Delivery.DROPPED, Delivery.BLOCKED, Delivery.BOUNCED)


_STATES = {
    Event.PROCESSED: Delivery.PROCESSED,
    Event.DEFERRED: Delivery.DEFERRED,
    Event.DELIVERED: Delivery.DELIVERED,
    Event.OPEN: Delivery.OPENED,
    Event.CLICK: Delivery.CLICKED,
    Event.DROPPED: Delivery.DROPPED,
    Event.SPAM_REPORT: Delivery.COMPLAINED,
}


@dataclass(frozen=True)
class MailEvent:
    """One event as the provider reported it, cleaned."""

    event: Event
    email: str  # in its normal form
    at: datetime
    sg_event_id: str | None = None
    outbox_id: str | None = None  # our custom argument, as it came back
    message_id: str | None = None  # the provider's
    bounce_type: str = ""  # of a bounce: bounce or blocked
    reason: str = ""
    group_id: int | None = None  # of an unsubscription: the provider's group

    @property
    def is_hard_bounce(self) -> bool:
        return self.event is Event.BOUNCE and self.bounce_type == "bounce"

    @property
    def delivery(self) -> Delivery | None:
        """The state that this event reports; None for one about preferences."""
        if self.event is Event.BOUNCE:
            return Delivery.BOUNCED if self.is_hard_bounce else Delivery.BLOCKED
        return _STATES.get(self.event)


def further(old: Delivery | None, new: Delivery) -> Delivery:
    """States only move forward: a late `delivered` does not undo a bounce."""
    return new if old is None else max(old, new, key=lambda state: state.rank)
