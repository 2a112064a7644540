"""What notices about exclusives say, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners.domain.exclusives.exclusive_minimum import Agreed, Sold, Span
from partners.domain.exclusives.exclusive_term import Ending, NewsEvent
from partners.domain.exclusives.view import PeriodLine
from partners.domain.offers.exclusive import Terms
from partners.domain.policy.policy import Tier


@dataclass(frozen=True)
class PeriodFacts:
    """A period that was judged, and what was not reached in it."""

    span: Span
    sold: Sold
    months: int  # that counted
    missed: tuple[Agreed, ...] = ()


@dataclass(frozen=True)
class ExclusiveFacts:
    """The facts of a notice about an exclusive. What a kind does not need is None or empty.

    The day through which something can be mended is the notice's `deadline`.
    """

    event: NewsEvent
    exclusive_id: str
    service: str
    terms: Terms
    area: str = ""  # its name; blank: everywhere
    offers: tuple[str, ...] = ()  # names: granted with it, or what can no longer be ordered
    required_tier: Tier | None = None
    period: PeriodFacts | None = None  # missed, cured; ended for that reason
    recovery_days: int = 30
    ending: Ending | None = None  # ended
    lost_on: date | None = None  # ended
    begun: bool = False  # other: its first day has come
    record: tuple[PeriodLine, ...] = ()  # renewal: the periods of the term
