"""Judging on sums over windows: the same as `assess_months`, without looking at single months.

A review judges everybody on the same months, so what each criterion's window consists of is worked
out once (`Windows`), the database adds the months up, and a partner is a row of integers. It
serves all who may be judged on every month of the windows; the few others, whom rule 10 spares
some of the months, are judged by `assess_months`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from partners.domain.judging.assessment import Assessment, Rule, mean_fed, observe_complaints
from partners.domain.judging.coverage import Coverage
from partners.domain.policy.metrics import (
    COMPLAINTS,
    TENURE,
    TOTAL_NAMES,
    WITHOUT_ORDERS,
    FedValue,
    Observation,
    Totals,
)
from partners.domain.policy.policy import Criterion, Policy
from partners.domain.time.calendar import Month, full_months_between

GROWTH = "growth"


class Sum(NamedTuple):
    """One column of `Totals`, added up over the counted months from `first` through `last`."""

    column: str
    first: Month
    last: Month


class SummedFacts(NamedTuple):
    """What is known of one partner: the sums that `Windows.sums` names, in that order, then 0."""

    joined_on: date
    sums: Sequence[int]
    fed: Mapping[tuple[str, Month], FedValue]
    complaints: Mapping[Month, int] = {}  # months with any


Pick = Callable[[Sequence[int]], tuple[int, ...]]
"""Takes the sixteen figures of some `Totals` out of a partner's sums."""


@dataclass(frozen=True, slots=True)
class _Window:
    months: Decimal
    whole: Pick
    halves: tuple[Pick, ...] = ()  # of growth: the earlier and the later; none over a gap


class Windows:
    """The windows of some criteria that end with the month `last`, and what to sum for them.

    `counted`: the months that count, oldest first: covered, and begun after `since`, which holds
    for everybody (the policy's `judge_from`; None: no limit). Months outside of it are not summed.
    `fed`: the metrics that the user feeds by name. `complaints`: whether they are asked for.
    """

    def __init__(
        self,
        policy: Policy,
        criteria: Iterable[Criterion],
        coverage: Coverage,
        last: Month,
        since: date | None = None,
    ) -> None:
        rules = [Rule.of(policy, criterion) for criterion in criteria]
        self.last = last
        longest = max((r.window_months for r in rules), default=1)
        self.first = last.plus(1 - longest)
        begun = [m for m in _months(self.first, last) if since is None or m.first_day > since]
        self.counted = [m for m in begun if coverage.covers_month(m)]
        self._begun = begun
        without_sums = {r.name for r in rules if not r.metric.columns}
        self.fed = sorted(without_sums - WITHOUT_ORDERS)
        self.complaints = COMPLAINTS in without_sums
        self._places: dict[Sum, int] = {}
        self._windows: dict[tuple[int, bool], _Window] = {}
        for rule in sorted(rules, key=lambda r: r.window_months):
            self._add(rule)
        for key in self._windows:
            self._windows[key] = self._window(*key)

    @property
    def sums(self) -> list[Sum]:
        """What to add up for each partner, in the order in which `SummedFacts` wants it."""
        return list(self._places)

    # ---- what is worked out once ----

    def _add(self, rule: Rule) -> None:
        """Note the sums that a rule needs; growth compares two halves."""
        if not rule.metric.columns:
            return
        months = rule.window_months
        halved = rule.name == GROWTH
        self._windows[months, halved] = _Window(Decimal(0), _none)
        for first, last in self._spans(months, halved):
            for column in rule.metric.columns:
                self._places.setdefault(Sum(column, first, last), len(self._places))

    def _spans(self, months: int, halved: bool) -> list[tuple[Month, Month]]:
        """The month ranges of a window to sum over; none for growth over a gap."""
        first, half = self.last.plus(1 - months), months // 2
        if not halved:
            return [(first, self.last)]
        if any(m not in self.counted for m in _months(first, self.last)):
            return []
        return [(first, first.plus(half - 1)), (first.plus(half), self.last)]

    def _window(self, months: int, halved: bool) -> _Window:
        first = self.last.plus(1 - months)
        counted = Decimal(sum(m >= first for m in self.counted))
        picks = [self._pick(*span) for span in self._spans(months, halved)]
        if not halved:
            return _Window(counted, picks[0])
        return _Window(counted, _none, tuple(picks))

    def _pick(self, first: Month, last: Month) -> Pick:
        """Sums that nobody asked for are taken from a zero behind the last."""
        zero = len(self._places)
        places = [self._places.get(Sum(column, first, last), zero) for column in TOTAL_NAMES]
        return itemgetter(*places)

    # ---- one partner ----

    def reader(self, rules: Iterable[Rule]) -> Reader:
        """A way to judge many partners by these rules, which are of the criteria given here."""
        return Reader(self, rules)

    def window(self, rule: Rule) -> _Window | None:
        """A rule's window; None for what is no sum over orders."""
        if not rule.metric.columns:
            return None
        return self._windows[rule.window_months, rule.name == GROWTH]

    def observe_otherwise(self, rule: Rule, facts: SummedFacts, as_of: date) -> Observation:
        """Tenure, complaints, or a metric that the user feeds: the feed of orders need not cover
        their months."""
        if rule.name == TENURE:
            return Observation(tenure_months=full_months_between(facts.joined_on, as_of))
        first = self.last.plus(1 - rule.window_months)
        months = [m for m in self._begun if m >= first]
        if rule.name == COMPLAINTS:
            return observe_complaints(facts.complaints, months)
        fed = facts.fed
        return Observation(fed=mean_fed(fed[rule.name, m] for m in months if (rule.name, m) in fed))


class Reader:
    """Judges partners by the rules of one tier. What two rules share is observed once."""

    def __init__(self, windows: Windows, rules: Iterable[Rule]) -> None:
        self._windows = windows
        found = [(rule, windows.window(rule)) for rule in rules]
        self._distinct = list({id(w): w for _, w in found if w is not None}.values())
        places = {id(window): at for at, window in enumerate(self._distinct)}
        self._rules = [(rule, None if w is None else places[id(w)]) for rule, w in found]

    def assess(self, facts: SummedFacts, as_of: date) -> Assessment:
        """Hold a partner against the rules on whole months."""
        seen = [_observe(window, facts.sums) for window in self._distinct]
        return Assessment(
            tuple(
                [
                    rule.find(
                        self._windows.observe_otherwise(rule, facts, as_of)
                        if at is None
                        else seen[at]
                    )
                    for rule, at in self._rules
                ]
            )
        )


def _observe(window: _Window, sums: Sequence[int]) -> Observation:
    if not window.halves:
        return Observation(Totals._make(window.whole(sums)), window.months)
    earlier, later = (Totals._make(half(sums)) for half in window.halves)
    return Observation(Totals(), window.months, earlier, later)


def _months(first: Month, last: Month) -> list[Month]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [first.plus(n) for n in range(count)]


def _none(sums: Sequence[int]) -> tuple[int, ...]:
    return Totals()
