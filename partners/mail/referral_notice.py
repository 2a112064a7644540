"""What notices about referrals say, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from partners.domain.policy.referral_policy import ReferralSection
from partners.domain.referrals.compensation import Balance, EntryKind
from partners.domain.referrals.referral import Uncounted
from partners.domain.referrals.referral_window import Progress
from partners.domain.time.calendar import Month


@dataclass(frozen=True)
class ReferralLine:
    """One referral of a list; the lead is named by the reference that the partner gave it."""

    referral_id: str
    lead_ref: str
    event: str
    submitted_on: date | None = None
    bought_on: date | None = None
    amount: Decimal | None = None
    pays: Decimal = Decimal(0)  # what is due for it
    payable_on: date | None = None
    reason: str = ""
    because: Uncounted | None = None  # None: a person wrote the reason
    currency: str = ""  # of both amounts; blank: the program's


@dataclass(frozen=True)
class EntryLine:
    """One entry of a statement."""

    day: date
    kind: EntryKind
    amount: Decimal
    referral_id: str = ""
    currency: str = ""  # blank: the program's
    period: str = ""  # of an incentive: 2026-10, or 2026-Q4


@dataclass(frozen=True)
class ReferralFacts:
    """The facts of a notice about referrals. What a kind does not need is None or empty."""

    terms: ReferralSection
    event: str = ""
    line: ReferralLine | None = None  # referral_received, referral_converted
    lines: tuple[ReferralLine, ...] = ()  # referral_digest, window_ended, qualified
    more: int = 0  # besides those in `lines`
    progress: Progress | None = None
    on_the_way: bool = False  # to a tier; a reseller who also refers is not
    silent_since: date | None = None  # nudge
    window_ended_on: date | None = None  # window_ended
    month: Month | None = None  # statement
    entries: tuple[EntryLine, ...] = ()  # statement
    before: Mapping[str, Balance] = field(default_factory=dict)  # by currency; blank as above
    after: Mapping[str, Balance] = field(default_factory=dict)
    checklist: tuple[str, ...] = ()  # labels of the steps
