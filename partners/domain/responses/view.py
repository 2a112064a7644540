"""What passes between the workflow of a check-in and its activities: ids, keys, figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from partners.domain.mail.view import Sending
from partners.domain.time.clock import ProgramClock


@dataclass(frozen=True)
class CheckInStep:
    """A check-in whose message has yet to go out; or `key` is None, and why there is none."""

    key: str | None = None
    headline: str = ""  # "cancellation 12 % (at most 5 % allowed)"
    reason: str = ""
    clock: ProgramClock = field(default_factory=ProgramClock)


@dataclass(frozen=True)
class TellCheckIn:
    key: str


@dataclass(frozen=True)
class CheckInTold:
    result: Sending
    detail: str = ""
    until: datetime | None = None  # put off: when to try again, in real time
