"""A partner's metrics held against standards: one finding per criterion, then a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import reduce

from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.policy.metrics import (
    COMPLAINTS,
    FedValue,
    Measure,
    Metric,
    Observation,
    Totals,
)
from partners.domain.policy.policy import Criterion, Policy
from partners.domain.time.calendar import Month, full_months_between, shift_months

_ONE_DAY = timedelta(days=1)
DAYS_PER_MONTH = 30
"""Trailing days count as this many to a month, so that 10 orders in 30 days meet "10 a month"."""


class Verdict(StrEnum):
    PASSING = "passing"
    BELOW = "below"
    INSUFFICIENT = "insufficient"


# Looked up once: in Python 3.11 a member of an enumeration is slow to reach.
_PASSING, _BELOW, _INSUFFICIENT = Verdict.PASSING, Verdict.BELOW, Verdict.INSUFFICIENT


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion held against what was measured; `actual` is None where nothing was."""

    metric: str
    actual: Decimal | None
    required: Decimal
    at_least: bool
    window_months: int
    sample: int
    min_sample: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict of some findings (rule 2): any failure, else any insufficient, else passing."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        worst = _PASSING
        for finding in self.findings:
            if finding.verdict is _BELOW:
                return _BELOW
            if finding.verdict is _INSUFFICIENT:
                worst = _INSUFFICIENT
        return worst

    @property
    def below(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict is Verdict.BELOW)


@dataclass(frozen=True, slots=True)
class Rule:
    """A criterion with all that its policy says of it, looked up once for many partners."""

    metric: Metric
    measure: Callable[[Observation], Measure]
    name: str
    required: Decimal
    at_least: bool
    window_months: int
    min_sample: int

    @classmethod
    def of(cls, policy: Policy, criterion: Criterion) -> Rule:
        metric = policy.metric(criterion.metric)
        return cls(
            metric,
            metric.measure,
            metric.name,
            criterion.required,
            criterion.at_least is not None,
            criterion.window_months,
            policy.min_sample(criterion),
        )

    def find(self, seen: Observation) -> Finding:
        """Hold the criterion against one observation: the one decision of every assessment."""
        actual, sample = self.measure(seen)
        if actual is None or sample < self.min_sample:
            verdict = _INSUFFICIENT
        elif actual >= self.required if self.at_least else actual <= self.required:
            verdict = _PASSING
        else:
            verdict = _BELOW
        return Finding(
            self.name,
            actual,
            self.required,
            self.at_least,
            self.window_months,
            sample,
            self.min_sample,
            verdict,
        )


def find(policy: Policy, criterion: Criterion, seen: Observation) -> Finding:
    """Hold one criterion against one observation."""
    return Rule.of(policy, criterion).find(seen)


def assess(
    policy: Policy, criteria: Iterable[Criterion], observe: Callable[[Criterion], Observation]
) -> Assessment:
    """Hold every criterion against what `observe` saw over its window."""
    return Assessment(tuple(find(policy, criterion, observe(criterion)) for criterion in criteria))


def mean_fed(values: Iterable[FedValue]) -> FedValue | None:
    """The mean of fed values, each weighted by its sample; None where there is no sample."""
    known = list(values)
    sample = sum(v.sample for v in known)
    if not sample:
        return None
    return FedValue(sum((v.value * v.sample for v in known), Decimal(0)) / sample, sample)


def observe_complaints(complaints: Mapping[Month, int], months: Sequence[Month]) -> Observation:
    """How many complaints there were in these months."""
    received = sum(complaints.get(month, 0) for month in months)
    return Observation(months=Decimal(len(months)), complaints=received)


@dataclass(frozen=True)
class MonthlyFacts:
    """What is known of one partner, month by month.

    `totals` holds the months with orders; a covered month without an entry is zero orders.
    `complaints` holds the months with complaints; any other month had none, for this program keeps
    them itself.
    `since`: months that began on or before that day are not held against the partner (rule 10).
    """

    joined_on: date
    totals: Mapping[Month, Totals] = field(default_factory=dict)
    fed: Mapping[tuple[str, Month], FedValue] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    since: date | None = None
    complaints: Mapping[Month, int] = field(default_factory=dict)

    def window(self, last: Month, months: int) -> list[Month]:
        """The months of a window that may be held against the partner, oldest first."""
        candidates = [last.plus(-back) for back in range(months - 1, -1, -1)]
        return [m for m in candidates if self.since is None or m.first_day > self.since]

    def _sum(self, months: list[Month]) -> Totals:
        return reduce(Totals.__add__, (self.totals.get(m, Totals()) for m in months), Totals())

    def _fed_over(self, metric: str, months: list[Month]) -> FedValue | None:
        """The mean of the fed months, each weighted by its sample."""
        return mean_fed(self.fed[metric, m] for m in months if (metric, m) in self.fed)

    def observe(self, criterion: Criterion, last: Month, as_of: date) -> Observation:
        """The whole months of a criterion's window that ends with the month `last`."""
        window = self.window(last, criterion.window_months)
        if criterion.metric == COMPLAINTS:
            return observe_complaints(self.complaints, window)
        covered = [m for m in window if self.coverage.covers_month(m)]
        half = criterion.window_months // 2
        whole = len(covered) == criterion.window_months
        return Observation(
            totals=self._sum(covered),
            months=Decimal(len(covered)),
            earlier=self._sum(covered[:half]) if whole else None,
            later=self._sum(covered[half:]) if whole else None,
            fed=self._fed_over(criterion.metric, window),
            tenure_months=full_months_between(self.joined_on, as_of),
        )


def assess_months(
    policy: Policy, criteria: Iterable[Criterion], facts: MonthlyFacts, last: Month, as_of: date
) -> Assessment:
    """Judge on whole months, the newest of them `last` (rule 4: whole months accuse)."""
    return assess(policy, criteria, lambda criterion: facts.observe(criterion, last, as_of))


@dataclass(frozen=True)
class TrailingFacts:
    """What is known of one partner over trailing days (rule 4: trailing days acquit).

    `totals_between` sums orders over days, both included. `fed` holds only monthly values that
    count: of covered months that end after the warning; the newest that has ended decides.
    `complaints_between` counts complaints over days, both included, whatever the feed covers.
    """

    totals_between: Callable[[date, date], Totals]
    coverage: Coverage = field(default_factory=Coverage)
    fed: Mapping[tuple[str, Month], FedValue] = field(default_factory=dict)
    complaints_between: Callable[[date, date], int] = lambda first, last: 0

    def observe(self, days: DayRange, months: Decimal, metric: str) -> Observation:
        """What was seen over the days; nothing unless the feed covers all of them."""
        if metric == COMPLAINTS:
            return Observation(months=months, complaints=self.complaints_between(*days))
        fed = self._newest_fed(metric, days.last)
        if not self.coverage.covers(*days):
            return Observation(fed=fed)
        middle = days.first + (days.last - days.first) // 2
        halved = metric == "growth"
        return Observation(
            totals=self.totals_between(*days),
            months=months,
            earlier=self.totals_between(days.first, middle) if halved else None,
            later=self.totals_between(middle + _ONE_DAY, days.last) if halved else None,
            fed=fed,
        )

    def _newest_fed(self, metric: str, as_of: date) -> FedValue | None:
        """The newest fed month that has ended by `as_of`."""
        months = [m for name, m in self.fed if name == metric and m.last_day <= as_of]
        return self.fed[metric, max(months)] if months else None


def trailing_windows(
    criterion: Criterion, as_of: date, recovery_days: int
) -> list[tuple[DayRange, Decimal]]:
    """The day ranges over which a criterion can be cured, with their length in months.

    They end on `as_of`: the last `recovery_days`, and the window's own length in days (rule 4).
    """
    recovery = DayRange(as_of - timedelta(days=recovery_days - 1), as_of)
    own = DayRange(shift_months(as_of, -criterion.window_months) + _ONE_DAY, as_of)
    return [
        (recovery, Decimal(recovery_days) / DAYS_PER_MONTH),
        (own, Decimal(criterion.window_months)),
    ]


def find_cure(policy: Policy, criterion: Criterion, facts: TrailingFacts, as_of: date) -> Finding:
    """Whether a warned criterion is cured on `as_of`: the better of its trailing windows.

    Passing in either is cured; else below in either is failing; else the sample is insufficient.
    The finding returned is the one that decided.
    """
    windows = trailing_windows(criterion, as_of, policy.grace.recovery_days)
    findings = [
        find(policy, criterion, facts.observe(days, months, criterion.metric))
        for days, months in windows
    ]
    for verdict in (Verdict.PASSING, Verdict.BELOW):
        for finding in findings:
            if finding.verdict is verdict:
                return finding
    return findings[0]


def assess_cure(
    policy: Policy, criteria: Iterable[Criterion], facts: TrailingFacts, as_of: date
) -> Assessment:
    """Judge the warned criteria, and only them, on trailing days (rules 4 and 5)."""
    return Assessment(tuple(find_cure(policy, c, facts, as_of) for c in criteria))
