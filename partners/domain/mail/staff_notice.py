"""Notices to staff that belong to no case; and what is told of a new policy, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Mailed, Sending


@dataclass(frozen=True)
class StaffNotice:
    """A notice to staff. `key` makes it unique: `review/monthly/2026-10/guard/1`.

    A history stays small: the partners are looked up, by the review, the policy's version or the
    price, where none are named here.
    """

    key: str
    kind: NoticeKind
    review_id: str | None = None
    partner_ids: tuple[str, ...] = ()
    policy_version: int | None = None
    price_id: int | None = None
    day: date | None = None  # of the price: from when on it holds, or no longer does


@dataclass(frozen=True)
class StaffSent:
    result: Sending
    detail: str = ""
    mails: tuple[Mailed, ...] = ()  # every attempt at the notice


@dataclass(frozen=True)
class TellPage:
    """Tell the next partners of a policy's new standards."""

    version: int
    after: str = ""  # the last partner of the page before


@dataclass(frozen=True)
class TellPrice:
    """Tell the next partners that an offer gets dearer, or does not after all: a price begins on
    that day, or is over."""

    price_id: int
    day: date
    after: str = ""  # the last partner of the page before


@dataclass(frozen=True)
class PageTold:
    """How far it came. `last_id` is None after the last partner."""

    last_id: str | None
    told: int = 0
    untold: int = 0  # rejected, unknown, or waiting for a person to send it
    stopped: bool = False  # a kill switch is on: the rest waits
    unknown: int = 0  # of the untold: nobody knows what became of the message
    put_off: int = 0  # of the untold: not at this hour, or enough mail lately
    until: datetime | None = None  # when to try the first of those again, in real time
