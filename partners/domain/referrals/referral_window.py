"""The rolling window: have enough purchases come within so many days, on any day so far?

A window of n days that ends on a day is that day and the n − 1 before it, in the program's zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Goal:
    """So many successes within so many days."""

    successes: int
    window_days: int

    @property
    def reach(self) -> timedelta:
        """From a day to the last on which it still counts."""
        return timedelta(days=self.window_days - 1)


@dataclass(frozen=True)
class Progress:
    """How far a partner is on one day."""

    count: int  # successes in the window that ends today
    needed: int
    oldest: date | None = None  # the first of them
    act_by: date | None = None  # the last day on which the oldest still counts
    qualified_on: date | None = None  # the first day on which a window held enough

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.count)

    @property
    def expires_on(self) -> date | None:
        """The day on which the oldest no longer counts."""
        return self.act_by + timedelta(days=1) if self.act_by else None


def qualifying_day(days: Iterable[date], goal: Goal, since: date, today: date) -> date | None:
    """The first day of `since` … `today` on which a window held enough; None if none did.

    However late a purchase becomes known: only its day counts, so any window of the past may do.
    """
    ordered = sorted(days)
    found = []
    for first, last in zip(ordered, ordered[goal.successes - 1 :], strict=False):
        day = max(last, since)
        if day <= min(first + goal.reach, today):
            found.append(day)
    return min(found, default=None)


def progress(days: Sequence[date], goal: Goal, since: date, today: date) -> Progress:
    """Where a partner stands on a day; `days` are the days of their successful purchases."""
    inside = sorted(day for day in days if today - goal.reach <= day <= today)
    oldest = inside[0] if inside else None
    return Progress(
        count=len(inside),
        needed=goal.successes,
        oldest=oldest,
        act_by=oldest + goal.reach if oldest else None,
        qualified_on=qualifying_day(days, goal, since, today),
    )
