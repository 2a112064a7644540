"""What passes between the workflow of an exclusive and its activities: ids, dates, numbers.

New fields have defaults: a term lives through several deployments. Dataclasses of pydantic, whose
validators are built once.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime
from decimal import Decimal

from pydantic.dataclasses import dataclass

from partners.domain.cases.view import Act
from partners.domain.exclusives.exclusive_term import Ending, NewsEvent, TermStep
from partners.domain.exclusives.term_moments import MomentKind
from partners.domain.mail.view import Mailed, Sending
from partners.domain.offers.exclusive import ExclusiveStatus, Period, PeriodVerdict
from partners.domain.time.clock import ProgramClock


@dataclass(frozen=True)
class ExclusiveInput:
    """All that is needed to start: `{"exclusive_id": "acme-x1"}`."""

    exclusive_id: str


@dataclass(frozen=True)
class ExclusiveRef:
    exclusive_id: str


@dataclass(frozen=True)
class TakeTermStep:
    """Do a step, unless another is due by now."""

    exclusive_id: str
    step: TermStep


@dataclass(frozen=True)
class TermTelling:
    """Messages about one event that are to be sent; many only where many others are told."""

    event: NewsEvent
    news_ids: tuple[int, ...]
    about: str = ""  # the period


@dataclass(frozen=True)
class TellExclusive:
    exclusive_id: str
    news_ids: tuple[int, ...]


@dataclass(frozen=True)
class TermMoment:
    """See `term_moments.Moment`."""

    at: datetime
    kind: MomentKind
    day: date
    about: str = ""


@dataclass(frozen=True)
class PeriodLine:
    """A period as the timeline lists it; `verdict` None: it runs, or has not settled."""

    name: str
    placed: int
    asked: int  # orders
    completed: int
    concluded: int
    verdict: PeriodVerdict | None = None


@dataclass(frozen=True)
class TermView:
    """An exclusive as it stands, what is due, and what is ahead. Instants: program time."""

    exclusive_id: str
    partner_id: str = ""
    status: ExclusiveStatus = ExclusiveStatus.WITHDRAWN
    over: bool = True  # nothing is left to do but to tell
    due: TermStep | None = None
    due_about: str = ""  # the period that the step is about
    tellings: tuple[TermTelling, ...] = ()
    more_tellings: bool = False
    moments: tuple[TermMoment, ...] = ()
    clock: ProgramClock = field(default_factory=ProgramClock)
    day_ends_at: datetime | None = None  # the program's day on which this was looked at
    # what is shown
    service: str = ""
    area_code: str = ""  # blank: everywhere
    first_day: date | None = None
    last_day: date | None = None
    minimum_orders: int = 0
    completion: Decimal | None = None
    min_sample: int = 0
    period: Period = Period.MONTHLY
    required_tier: str = ""
    tier: str = ""  # the holder's, for the search attribute
    warned_period: str = ""  # whose minimum was missed
    warned_on: date | None = None
    cure_until: date | None = None
    decision_day: date | None = None
    at_risk_until: date | None = None
    risk_told_on: date | None = None
    waits_for_feed: bool = False
    renewal_waits: bool = False  # staff have been asked
    renewed_by: str = ""  # the exclusive that follows
    ending: Ending | None = None
    unreached: str = ""  # why a warning that starts days has not arrived
    periods: tuple[PeriodLine, ...] = ()
    acts: tuple[Act, ...] = ()
    mails: tuple[Mailed, ...] = ()


@dataclass(frozen=True)
class TermTold:
    """What became of messages: of several, the first that is to be tried again."""

    view: TermView
    result: Sending
    until: datetime | None = None  # put off: when to try again, in real time


@dataclass(frozen=True)
class ExclusiveResult:
    """How it ended."""

    exclusive_id: str
    status: str
    ending: str | None = None
    detail: str = ""
