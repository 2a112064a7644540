"""What passes between the workflow that accrues incentives and its activities."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic.dataclasses import dataclass

from partners.domain.time.calendar import Month


class RunStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"


def run_id_of(month: Month, release: int = 0) -> str:
    """`2026-11` accrues that month; `2026-11+1` is the first release after it."""
    return f"{month}+{release}" if release else str(month)


@dataclass(frozen=True)
class ClaimAccrual:
    """Which month: `2026-10`; None: the newest that had settled when the run was due."""

    month: str | None
    due_at: datetime
    release: int = 0


@dataclass(frozen=True)
class AccrualRange:
    """Partners after one id, through another (None: to the last)."""

    after: str = ""
    through: str | None = None


@dataclass(frozen=True)
class TierSum:
    """What a run posted for one tier in one currency. Amounts are text, so that they stay exact."""

    tier: str
    currency: str
    partners: int = 0  # who earned
    earned: str = "0"
    taken_back: str = "0"
    released: str = "0"


@dataclass(frozen=True)
class AccrualView:
    """A run as it stands; of one that another has, `claimed_by` is that one's workflow."""

    run_id: str
    month: str
    status: RunStatus
    claimed_by: str
    mine: bool
    ranges: tuple[AccrualRange, ...] = ()
    release_on: tuple[date, ...] = ()  # when something of the month is released
    release_at: tuple[datetime, ...] = ()  # the same as moments, in real time
    waiting: int = 0  # periods of which not all is known yet
    sums: tuple[TierSum, ...] = ()


@dataclass(frozen=True)
class AccrueRange:
    """Accrue the partners of a range, or settle what they have of earlier periods."""

    run_id: str
    partners: AccrualRange


@dataclass(frozen=True)
class AccrualRef:
    run_id: str
