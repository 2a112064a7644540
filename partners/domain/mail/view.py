"""What passes between workflows and the activities that send mail, or resolve unknown mail."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic.dataclasses import dataclass

from partners.domain.mail.notices import MailState


class Sending(StrEnum):
    """What became of a notice."""

    SENT = "sent"
    WAITING = "waiting"  # for a person to say that it was sent
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    STOPPED = "stopped"  # a kill switch is on (rule 14)
    SKIPPED = "skipped"  # no longer true, or too late
    PUT_OFF = "put_off"  # not at this hour, or enough mail lately: to be tried again

    @property
    def is_open(self) -> bool:
        """Whether the message is to be tried again, or its fate is yet to be learned."""
        return self in (Sending.STOPPED, Sending.PUT_OFF, Sending.UNKNOWN)


@dataclass(frozen=True)
class Mailed:
    """A message as a timeline lists it. Its subject names no partner, and no address (rule 18)."""

    number: int
    on: date  # when it was settled, or else written
    subject: str
    state: MailState
    to_staff: bool = False
    link: str = ""  # where it can be read; blank: no page shows messages


@dataclass(frozen=True)
class Resolve:
    """Look into everything that is unknown."""

    most: int = 500


@dataclass(frozen=True)
class Resolved:
    """How many messages were settled by evidence, given up, and are still unknown."""

    settled: int = 0
    lost: int = 0
    unknown: int = 0
