"""What passes between the workflow of a lead and its activities: ids, dates, states, words."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime

from pydantic.dataclasses import dataclass

from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.domain.referrals.view import ReferralEvent
from partners.domain.time.clock import ProgramClock


@dataclass(frozen=True)
class LeadRef:
    referral_id: str


@dataclass(frozen=True)
class LeadTurn:
    """A turn, as the timeline lists it. `partner_id` blank: the provider's sales."""

    number: int
    partner_id: str
    way: str
    on: date
    end: str = ""  # blank: it lasts
    ended_on: date | None = None


@dataclass(frozen=True)
class LeadTelling:
    """A message that is due about a turn; `key` names it."""

    key: str
    kind: NoticeKind
    words: str


@dataclass(frozen=True)
class LeadNews:
    """What a look changed about somebody's referral; their own workflow is told."""

    partner_id: str
    event: ReferralEvent


@dataclass(frozen=True)
class LeadView:
    """Where a lead stands, and what happens next. Instants: program time."""

    referral_id: str
    state: str = ""  # blank: nobody has been asked
    headline: str = "Nobody works it yet"
    turns: tuple[LeadTurn, ...] = ()  # the latest of them
    due: date | None = None  # the last day for an answer
    problem: str = ""  # what a person has to look at
    telling: LeadTelling | None = None
    news: tuple[LeadNews, ...] = ()
    wake_at: datetime | None = None  # when something changes by itself; None: never
    ended: bool = False  # nothing is left to wait for
    clock: ProgramClock = field(default_factory=ProgramClock)


@dataclass(frozen=True)
class TellLead:
    """Send one message; `key` names it."""

    referral_id: str
    key: str


@dataclass(frozen=True)
class LeadTold:
    result: Sending
    detail: str = ""
    until: datetime | None = None  # put off: when to try again, in real time

    @property
    def undone(self) -> bool:
        """Whether nothing was written: the state has changed, and a pause comes before the look."""
        return self.result is Sending.SKIPPED
