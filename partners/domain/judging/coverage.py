"""Which days the order feed covers: missing is not zero (rule 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from partners.domain.time.calendar import Month

_ONE_DAY = timedelta(days=1)


class DayRange(NamedTuple):
    """Days from `first` through `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Coverage:
    """Day ranges that the feed covers: sorted, merged, never touching one another."""

    ranges: tuple[DayRange, ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[DayRange]) -> Coverage:
        """Merge overlapping and adjoining ranges; empty ones (last before first) vanish."""
        merged: list[DayRange] = []
        for first, last in sorted(r for r in ranges if r[0] <= r[1]):
            if merged and first <= merged[-1].last + _ONE_DAY:
                merged[-1] = DayRange(merged[-1].first, max(merged[-1].last, last))
            else:
                merged.append(DayRange(first, last))
        return cls(tuple(merged))

    def without(self, unknown: Iterable[DayRange]) -> Coverage:
        """What is left of it when some days are not known."""
        left = list(self.ranges)
        for gap in Coverage.of(unknown).ranges:
            left = [piece for whole in left for piece in _cut(whole, gap)]
        return Coverage(tuple(left))

    @property
    def newest_day(self) -> date | None:
        """The last covered day; None for an empty feed."""
        return self.ranges[-1].last if self.ranges else None

    def covers(self, first: date, last: date) -> bool:
        """Whether every day from `first` through `last` is covered."""
        return any(r.first <= first and last <= r.last for r in self.ranges)

    def covers_month(self, month: Month) -> bool:
        return self.covers(month.first_day, month.last_day)

    def newest_day_until(self, day: date) -> date | None:
        """The newest covered day that is not after `day`; None if there is none."""
        days = [min(r.last, day) for r in self.ranges if r.first <= day]
        return days[-1] if days else None

    def age_days(self, as_of: date) -> int | None:
        """Days from the last covered day to yesterday, 0 for a fresh feed; None when empty."""
        newest = self.newest_day_until(as_of - _ONE_DAY)
        return None if newest is None else (as_of - _ONE_DAY - newest).days


def _cut(whole: DayRange, gap: DayRange) -> list[DayRange]:
    """What is left of a range before and after a gap."""
    if gap.last < whole.first or whole.last < gap.first:
        return [whole]
    before = DayRange(whole.first, gap.first - _ONE_DAY)
    after = DayRange(gap.last + _ONE_DAY, whole.last)
    return [piece for piece in (before, after) if piece.first <= piece.last]


def import_coverage(
    oldest: date,
    newest: date,
    months_with_orders: Iterable[Month],
    yesterday: date,
    first: date | None = None,
    last: date | None = None,
) -> Coverage:
    """The coverage that an import of new orders establishes (rule 3).

    By default its oldest day to the day before its newest, never beyond yesterday; a month in
    which the whole program has no order is a gap. `first` and `last` (the command's --from and
    --through) override the ends, and a range stated by a person has no gaps.
    """
    start = first or oldest
    end = min(last or newest - _ONE_DAY, yesterday)
    if first and last:
        return Coverage.of([DayRange(start, end)])
    with_orders = set(months_with_orders)
    pieces: list[DayRange] = []
    month = Month.of(start)
    while month <= Month.of(end):
        if month in with_orders:
            pieces.append(DayRange(max(start, month.first_day), min(end, month.last_day)))
        month = month.plus(1)
    return Coverage.of(pieces)
