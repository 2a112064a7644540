"""An exclusive: what was agreed, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class ExclusiveStatus(StrEnum):
    PROPOSED = "proposed"  # waits for a person to sign; binds nobody
    WITHDRAWN = "withdrawn"  # a proposal that was not signed
    ANNOUNCED = "announced"  # signed; others are told, and it begins on its first day
    ACTIVE = "active"
    SUSPENDED = "suspended"  # the holder is blocked: it excludes nobody, and its place is kept
    NON_EXCLUSIVE = "non_exclusive"  # lost; the holder may go on selling, as others may
    ENDED = "ended"

    @property
    def holds_place(self) -> bool:
        """Whether no other partner's exclusive may overlap it (rule 22)."""
        return self in (self.ANNOUNCED, self.ACTIVE, self.SUSPENDED)

    @property
    def excludes(self) -> bool:
        """Whether others cannot order."""
        return self is self.ACTIVE

    @property
    def is_over(self) -> bool:
        return self in (self.WITHDRAWN, self.NON_EXCLUSIVE, self.ENDED)


class Period(StrEnum):
    """How often the minimum is looked at: whole months, settled (rule 4)."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"

    @property
    def months(self) -> int:
        return {self.MONTHLY: 1, self.QUARTERLY: 3, self.YEARLY: 12}[self]


class Renewal(StrEnum):
    """What happens near the end of the term."""

    PROPOSE = "propose"  # a proposal with the record of the term waits for a person
    NONE = "none"  # it ends


class PeriodVerdict(StrEnum):
    """What a period's figures came to."""

    MET = "met"
    MISSED = "missed"
    UNKNOWN = "unknown"  # a month of it is not covered by the feed: no judgement (rule 3)
    EXEMPT = "exempt"  # blocked, waived or paused in every month of it: nothing was asked


@dataclass(frozen=True, slots=True)
class Terms:
    """What holder and provider agreed.

    `last_day` is inclusive. `minimum_orders` are orders a month, on average over the period.
    `completion` is a rate from 0 to 1, judged where `min_sample` orders were concluded (rule 2).
    """

    first_day: date
    last_day: date
    minimum_orders: int = 0
    completion: Decimal | None = None
    min_sample: int = 10
    period: Period = Period.MONTHLY
    cure_days: int = 30
    notice_days: int = 30  # a lost tier is at risk for so long, at most through the term
    renewal: Renewal = Renewal.PROPOSE
    required_tier: str | None = None  # and above; None: any
    max_holders: int = 1
