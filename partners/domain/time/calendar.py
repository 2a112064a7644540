"""Months, working days, deadlines: every rule about dates, in the program's time zone.

An *instant* is an aware `datetime` in UTC; a *day* is a `date` in the program's zone.
"""

from __future__ import annotations

import calendar as _calendar
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones


@cache
def time_zones() -> frozenset[str]:
    """The names of all IANA time zones. Asked for once: hundreds of files are looked at."""
    return frozenset(available_timezones())


class Month(NamedTuple):
    """A calendar month. Ordered; written `2026-10`; stored as the integer 202610."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read `YYYY-MM`, from 1970 to 2999. Raises ValueError for anything else."""
        if len(text) != 7:
            raise ValueError(f"not a month written YYYY-MM: {text!r}")
        month = cls.of(datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date())
        if not 1970 <= month.year <= 2999:
            raise ValueError(f"not a month from 1970 to 2999: {text!r}")
        return month

    @classmethod
    def from_number(cls, number: int) -> Month:
        return cls(*divmod(number, 100))

    @property
    def number(self) -> int:
        """The stored form, YYYYMM."""
        return self.year * 100 + self.month

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, _calendar.monthrange(self.year, self.month)[1])

    def plus(self, months: int) -> Month:
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, month + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def shift_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier), clamped: 31 March − 1 month is 28 February."""
    month = Month.of(day).plus(months)
    return month.first_day.replace(day=min(day.day, month.last_day.day))


def full_months_between(start: date, end: date) -> int:
    """Whole months from `start` to `end`, month ends clamped (rule 11); 0 when `end` is earlier.

    A partner who joined on 31 January has one full month on 28 February.
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    return max(0, months if shift_months(start, months) <= end else months - 1)


SATURDAY_AND_SUNDAY = frozenset({5, 6})
"""Days of the week as Python counts them: Monday is 0."""
_YEARS_AHEAD = (2035, 2036)
"""For what a zone's clocks do year after year: its rules as they stand, whatever day it is now."""


@cache
def hour_of_every_day(zone: ZoneInfo, hour: int) -> int:
    """That hour, or the next one that no day of the zone lacks: when clocks go forward, one does.

    What is due at an hour that a day does not have would not happen on it.
    """
    days = (date(year, 1, 1) + timedelta(n) for year in _YEARS_AHEAD for n in range(365))
    if all(_has_hour(zone, day, hour) for day in days):
        return hour
    return hour_of_every_day(zone, hour + 1)


def _has_hour(zone: ZoneInfo, day: date, hour: int) -> bool:
    named = datetime.combine(day, time(hour), zone)
    return named.astimezone(UTC).astimezone(zone).hour == hour


@dataclass(frozen=True)
class ProgramCalendar:
    """The program's zone, weekend and holidays, and the moments at which things happen there."""

    zone: ZoneInfo
    holidays: Container[date] = field(default_factory=frozenset)
    office_hour: int = 9
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY

    def day_of(self, instant: datetime) -> date:
        """The program's day on which an instant falls."""
        return instant.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The instant at which a day begins; DST is the zone's."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        return self.start_of(day + timedelta(days=1))

    def office_time(self, day: date) -> datetime:
        """The instant at which reminders and decisions of that day happen."""
        return datetime.combine(day, time(self.office_hour), self.zone).astimezone(UTC)

    def is_working_day(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays

    def working_day_from(self, day: date) -> date:
        """The day itself, or the next working day after it (rule 12)."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def stated_deadline(self, rendered_on: date, grace_days: int) -> date:
        """The deadline that a warning rendered on that day states (rule 12)."""
        return self.working_day_from(rendered_on + timedelta(days=grace_days))

    def deadline(self, stated: date, accepted_at: datetime, grace_days: int) -> date:
        """The later of what the warning stated and acceptance + grace (rules 1 and 12)."""
        return max(stated, self.stated_deadline(self.day_of(accepted_at), grace_days))

    def decision_day(self, deadline: date, settling_days: int) -> date:
        """The day of the decision: `settling_days` after the deadline's day has ended (rule 8)."""
        return deadline + timedelta(days=settling_days + 1)

    def newest_settled_month(self, as_of: date, settling_days: int) -> Month:
        """The newest whole month that ended at least `settling_days` before that day (rule 4)."""
        return Month.of(as_of - timedelta(days=settling_days)).plus(-1)
