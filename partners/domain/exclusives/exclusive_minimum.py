"""What a holder sold in the area, held against what was agreed (rules 2, 3, 4 and 23).

Whole months accuse: each period of the term is some whole months. Trailing days acquit: a missed
minimum is made up for on the first day on which the last days come to as much per day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import reduce
from typing import NamedTuple

from partners.domain.judging.assessment import DAYS_PER_MONTH
from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.offers.exclusive import PeriodVerdict, Terms
from partners.domain.time.calendar import Month, shift_months

ONE_DAY = timedelta(days=1)


class Sold(NamedTuple):
    """Orders of the holder that count for an exclusive; those of the provider's own fault count
    as placed, and never as concluded."""

    placed: int = 0
    completed: int = 0
    concluded: int = 0

    def __add__(self, other: Sold) -> Sold:  # type: ignore[override]  # adds, not appends
        return Sold(*(one + more for one, more in zip(self, other, strict=True)))


class Span(NamedTuple):
    """Whole months, both included."""

    first: Month
    last: Month

    @property
    def days(self) -> DayRange:
        return DayRange(self.first.first_day, self.last.last_day)

    @property
    def months(self) -> list[Month]:
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return [self.first.plus(number) for number in range(count)]

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


def periods(terms: Terms) -> list[Span]:
    """The periods of a term: as many whole months each as were agreed, counted from the first whole
    month. Days before that, and whole months at the end that make up no period, are not judged."""
    first = Month.of(terms.first_day)
    if terms.first_day > first.first_day:
        first = first.plus(1)
    found, size = [], terms.period.months
    while (last := first.plus(size - 1)).last_day <= terms.last_day:
        found.append(Span(first, last))
        first = last.plus(1)
    return found


class Agreed(StrEnum):
    """What can be missed."""

    ORDERS = "orders"
    COMPLETION = "completion"


@dataclass(frozen=True)
class Counts:
    """What the holder sold, day by day, and what is known of it.

    `exempt`: days on which nothing is asked: the holder was blocked or waived, or the offer paused.
    """

    by_day: Mapping[date, Sold]
    coverage: Coverage
    exempt: Callable[[date], bool] = lambda day: False

    def known(self, days: DayRange) -> bool:
        return self.coverage.covers(*days)

    def over(self, days: Iterable[date]) -> Sold:
        found = (self.by_day.get(day, Sold()) for day in days)
        return reduce(Sold.__add__, found, Sold())

    def asked(self, days: DayRange) -> list[date]:
        """The days among these on which something is asked."""
        return [day for day in days_of(days) if not self.exempt(day)]


def days_of(days: DayRange) -> list[date]:
    return [days.first + timedelta(number) for number in range((days.last - days.first).days + 1)]


@dataclass(frozen=True)
class Judged:
    """A period's figures, and what they came to. `months`: those that count, none of them exempt.
    `missed`: what was not reached."""

    sold: Sold
    months: int
    verdict: PeriodVerdict
    missed: tuple[Agreed, ...] = ()


def judge(terms: Terms, span: Span, counts: Counts) -> Judged:
    """Hold a period against what was agreed.

    A month with an exempt day does not count: the minimum is asked of the others, on average. A
    month that the feed does not cover leaves the whole period unknown (rule 3). Completion is not
    judged on fewer than `min_sample` concluded orders (rule 2).
    """
    asked = [m for m in span.months if not _exempt_in(m, counts)]
    sold = counts.over(day for m in asked for day in days_of(Span(m, m).days))
    if not asked:
        return Judged(sold, 0, PeriodVerdict.EXEMPT)
    if not all(counts.known(Span(m, m).days) for m in asked):
        return Judged(sold, len(asked), PeriodVerdict.UNKNOWN)
    missed = missed_of(terms, sold, len(asked))
    verdict = PeriodVerdict.MISSED if missed else PeriodVerdict.MET
    return Judged(sold, len(asked), verdict, missed)


def _exempt_in(month: Month, counts: Counts) -> bool:
    return any(counts.exempt(day) for day in days_of(Span(month, month).days))


def missed_of(terms: Terms, sold: Sold, months: int) -> tuple[Agreed, ...]:
    """What was not reached in so many whole months."""
    missed = []
    if sold.placed < terms.minimum_orders * months:
        missed.append(Agreed.ORDERS)
    if _completion(terms, sold) is Cure.FAILING:
        missed.append(Agreed.COMPLETION)
    return tuple(missed)


# ---- days to cure ----


class Cure(StrEnum):
    """Whether what was missed has been made up for."""

    CURED = "cured"
    FAILING = "failing"
    UNKNOWN = "unknown"  # too few orders for a rate, or days that the feed does not cover


@dataclass(frozen=True)
class Warned:
    """What a warning is about: the period, and what was missed in it."""

    span: Span
    missed: tuple[Agreed, ...]


def cured_on(
    terms: Terms, warned: Warned, counts: Counts, days: DayRange, recovery_days: int
) -> date | None:
    """The first of these days on which all that was missed passes; None if on none.

    It rests on the days alone, so it is the same whenever anybody looks (rule 17).
    """
    for day in days_of(days):
        if cure_as_of(terms, warned, counts, day, recovery_days) is Cure.CURED:
            return day
    return None


def cure_as_of(terms: Terms, warned: Warned, counts: Counts, day: date, recovery_days: int) -> Cure:
    """Whether what was missed passes on a day, over the last `recovery_days` or over as many months
    as the period has: for each the better of the two (rule 4), and only what was warned of decides
    (rule 5)."""
    found = [_best(terms, what, warned.span, counts, day, recovery_days) for what in warned.missed]
    if all(cure is Cure.CURED for cure in found):
        return Cure.CURED
    return Cure.FAILING if Cure.FAILING in found else Cure.UNKNOWN


def _best(
    terms: Terms, what: Agreed, span: Span, counts: Counts, day: date, recovery_days: int
) -> Cure:
    months = len(span.months)
    windows = (
        (DayRange(day - timedelta(days=recovery_days - 1), day), recovery_days),
        (DayRange(shift_months(day, -months) + ONE_DAY, day), months * DAYS_PER_MONTH),
    )
    found = [_over(terms, what, counts, window, length) for window, length in windows]
    for cure in (Cure.CURED, Cure.FAILING):
        if cure in found:
            return cure
    return Cure.UNKNOWN


def _over(terms: Terms, what: Agreed, counts: Counts, window: DayRange, length: int) -> Cure:
    """`length`: the window in days of months that have 30 of them."""
    asked, whole = counts.asked(window), len(days_of(window))
    if not asked or not counts.known(window):
        return Cure.UNKNOWN
    sold = counts.over(asked)
    if what is Agreed.COMPLETION:
        return _completion(terms, sold)
    # A share of the window where part of it is exempt: as much per day is asked of the rest.
    reached = sold.placed * DAYS_PER_MONTH * whole >= terms.minimum_orders * length * len(asked)
    return Cure.CURED if reached else Cure.FAILING


def _completion(terms: Terms, sold: Sold) -> Cure:
    if terms.completion is None:
        return Cure.CURED
    if sold.concluded < max(terms.min_sample, 1):
        return Cure.UNKNOWN
    return Cure.CURED if sold.completed >= terms.completion * sold.concluded else Cure.FAILING
