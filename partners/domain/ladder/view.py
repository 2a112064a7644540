"""What passes between the workflow of a promotion and its activities: ids, keys, words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from partners.domain.cases.view import Act
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Mailed, Sending
from partners.domain.time.clock import ProgramClock


@dataclass(frozen=True)
class PromotionStep:
    """A promotion that was carried out, or why not; `candidate_id` is None if none is approved."""

    candidate_id: int | None = None
    to_tier: str = ""
    kind: NoticeKind = NoticeKind.PROMOTED  # what the partner is told
    refusal: str = ""  # why it was withdrawn instead
    clock: ProgramClock = field(default_factory=ProgramClock)
    from_tier: str = ""
    why: str = ""  # what earned it: "12 orders a month, 10 required"
    since: date | None = None  # the partner's first day in the tier
    acts: tuple[Act, ...] = ()  # who approved it, or added the partner


@dataclass(frozen=True)
class TellPromotion:
    candidate_id: int
    kind: NoticeKind


@dataclass(frozen=True)
class PromotionTold:
    result: Sending
    detail: str = ""
    until: datetime | None = None  # put off: when to try again, in real time
    mails: tuple[Mailed, ...] = ()


@dataclass(frozen=True)
class BeginTracks:
    """Begin the tracks of whoever is in a tier and lacks them."""


@dataclass(frozen=True)
class TellTracks:
    """Tell the next partners of what expires soon, or has. `after`: the last of the page before."""

    after: str = ""


@dataclass(frozen=True)
class PromotionRange:
    """Partners whom a review looks at for promotion: after one id, through another or the last."""

    review_id: str
    after: str = ""
    through: str | None = None
