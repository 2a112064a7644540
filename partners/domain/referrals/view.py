"""What passes between the workflow of referrals and its activities: ids, dates, amounts, words."""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime

from pydantic.dataclasses import dataclass

from partners.domain.cases.view import Act
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Mailed, Sending
from partners.domain.referrals.qualification import Stage
from partners.domain.time.clock import ProgramClock


@dataclass(frozen=True)
class ReferralEvent:
    """Something that happened to a referral, for people to read; the database is what counts."""

    referral_id: str
    state: str
    amount: str = ""  # with its currency
    day: date | None = None  # of the purchase

    def __str__(self) -> str:
        words = f"referral {self.referral_id}: {self.state}"
        if self.amount:
            words += f", {self.amount}"
        return f"{words} on {self.day}" if self.day else words


@dataclass(frozen=True)
class ReferralNews:
    """Events of one partner. `more`: how many besides those that are named."""

    events: tuple[ReferralEvent, ...] = ()
    more: int = 0

    @property
    def count(self) -> int:
        return len(self.events) + self.more


@dataclass(frozen=True)
class Telling:
    """A message that is due, in the manager's words."""

    news_id: int
    kind: NoticeKind
    words: str


@dataclass(frozen=True)
class ReferralView:
    """Where a partner who refers stands, and what happens next. Instants: program time."""

    partner_id: str
    stage: Stage = Stage.NOT_ON_IT
    tier: str = ""
    count: int = 0
    needed: int = 0
    oldest_expires_on: date | None = None
    act_by: date | None = None  # the last day on which the oldest counts
    qualified_on: date | None = None
    open: int = 0  # referrals that may still lead to a purchase
    held: str = "0"
    payable: str = "0"
    paid: str = "0"
    currency: str = ""
    promote: bool = False  # a promotion was approved and has yet to be carried out
    tellings: tuple[Telling, ...] = ()
    more_tellings: bool = False
    wake_at: datetime | None = None  # when something changes by itself; None: never
    ended: bool = False  # once this is told, nothing is left to wait for
    clock: ProgramClock = field(default_factory=ProgramClock)
    window_days: int = 0  # within which the purchases have to be; 0: a step of an older version
    purchases: tuple[str, ...] = ()  # the latest that count: "r-17, bought on 2026-10-05"
    acts: tuple[Act, ...] = ()  # who approved or declined
    mails: tuple[Mailed, ...] = ()  # the latest of them

    @property
    def progress(self) -> str:
        """`3 of 5, oldest expires on 2026-12-24, 2 more by 2026-12-23`."""
        words = f"{self.count} of {self.needed}"
        if self.count and self.oldest_expires_on and self.count < self.needed:
            missing = self.needed - self.count
            words += (
                f", oldest expires on {self.oldest_expires_on}, {missing} more by {self.act_by}"
            )
        return words


@dataclass(frozen=True)
class TellReferrals:
    """Send one message; `news_id` names it."""

    partner_id: str
    news_id: int


@dataclass(frozen=True)
class ReferralsTold:
    result: Sending
    detail: str = ""
    until: datetime | None = None  # put off: when to try again, in real time
    mails: tuple[Mailed, ...] = ()  # the latest about the partner's referrals
