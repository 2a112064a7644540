"""What the workflow that delivers events and its activities tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventState(StrEnum):
    """What has become of an event for the outside."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; a person is asked
    SKIPPED = "skipped"  # by a person


@dataclass(frozen=True)
class DeliveryRef:
    """Whose events: `{"partner_id": "acme"}`. They are looked up, oldest first."""

    partner_id: str


@dataclass(frozen=True)
class Delivered:
    """What became of a partner's oldest event; `event_id` is None when there is none to send."""

    event_id: int | None = None
    type: str = ""
    held_up: bool = False  # a dead letter before it waits for a person


@dataclass(frozen=True)
class SweepEvents:
    """The hourly look at everybody's events."""


@dataclass(frozen=True)
class Swept:
    """What the hourly look found."""

    started: int = 0  # partners with something to deliver


@dataclass(frozen=True)
class SendDigest:
    """The daily digest of the inbox. `due_at`: real time, whose program day it is about."""

    due_at: datetime
