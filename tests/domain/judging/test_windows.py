"""Sums over windows judge exactly as month by month."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from partners.domain.judging.assessment import MonthlyFacts, Rule, assess_months
from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.judging.windows import SummedFacts, Windows
from partners.domain.policy.metrics import BUILT_IN, TOTAL_NAMES, FedValue, Observation, Totals
from partners.domain.policy.policy import Policy
from partners.domain.policy.tiers import Criterion
from partners.domain.time.calendar import Month

LAST = Month(2026, 10)
AS_OF = date(2026, 11, 20)
MONTHS = [LAST.plus(-n) for n in range(14)]
FED = ("nps", "on_time")

totals = st.builds(Totals, *[st.integers(0, 40)] * len(TOTAL_NAMES))
values = st.decimals(0, 10, places=2)
criteria = st.lists(
    st.builds(
        Criterion,
        metric=st.sampled_from([*BUILT_IN, *FED]),
        at_least=values,
        window_months=st.integers(1, 12),
        min_sample=st.none() | st.integers(0, 12),
    ),
    max_size=6,
)
gaps = st.sets(st.sampled_from(MONTHS), max_size=4)


def policy() -> Policy:
    return Policy.model_validate(
        {
            "program": {
                "name": "P",
                "provider": "P",
                "time_zone": "UTC",
                "contact_email": "p@example.org",
            },
            "staff": {"emails": ["staff@example.org"]},
            "metrics": {"nps": {"label": "NPS"}, "on_time": {"label": "T", "unit": "rate"}},
            "tiers": [{"key": "preferred", "kind": "preferred"}],
        }
    )


def coverage_without(missing: set[Month]) -> Coverage:
    return Coverage.of(DayRange(m.first_day, m.last_day) for m in MONTHS if m not in missing)


def summed(windows: Windows, facts: MonthlyFacts) -> SummedFacts:
    """What the database gives: the sums over the counted months."""
    sums = [
        sum(
            getattr(facts.totals.get(m, Totals()), wanted.column)
            for m in windows.counted
            if wanted.first <= m <= wanted.last
        )
        for wanted in windows.sums
    ]
    return SummedFacts(facts.joined_on, [*sums, 0], facts.fed, facts.complaints)


@settings(max_examples=200, deadline=None)
@given(
    criteria=criteria,
    by_month=st.dictionaries(st.sampled_from(MONTHS), totals),
    fed=st.dictionaries(
        st.tuples(st.sampled_from(FED), st.sampled_from(MONTHS)),
        st.builds(FedValue, values, st.integers(0, 5)),
    ),
    missing=gaps,
    since=st.none() | st.dates(date(2025, 9, 1), date(2026, 11, 1)),
    joined_on=st.dates(date(2019, 1, 1), AS_OF),
    complaints=st.dictionaries(st.sampled_from(MONTHS), st.integers(1, 5)),
)
def test_sums_over_windows_judge_exactly_as_month_by_month(
    criteria: list[Criterion],
    by_month: dict[Month, Totals],
    fed: dict[tuple[str, Month], FedValue],
    missing: set[Month],
    since: date | None,
    joined_on: date,
    complaints: dict[Month, int],
) -> None:
    rules = policy()
    covered = coverage_without(missing)
    facts = MonthlyFacts(joined_on, by_month, fed, covered, since, complaints)

    windows = Windows(rules, criteria, covered, LAST, since)
    mine = windows.reader([Rule.of(rules, c) for c in criteria]).assess(
        summed(windows, facts), AS_OF
    )

    assert mine == assess_months(rules, criteria, facts, LAST, AS_OF)


@given(seen=totals)
def test_a_metric_reads_no_other_columns_than_it_says(seen: Totals) -> None:
    for metric in BUILT_IN.values():
        only = Totals(**{name: getattr(seen, name) for name in metric.columns})
        one, other = (Observation(t, Decimal(3), t, t, tenure_months=5) for t in (seen, only))
        assert metric.measure(one) == metric.measure(other), metric.name


def test_a_window_sums_only_what_its_criteria_read() -> None:
    wanted = Criterion(metric="acceptance_rate", at_least=Decimal("0.9"), window_months=3)

    windows = Windows(policy(), [wanted], coverage_without(set()), LAST)

    assert [(s.column, str(s.first), str(s.last)) for s in windows.sums] == [
        ("accepted", "2026-08", "2026-10"),
        ("rejected", "2026-08", "2026-10"),
    ]


def test_months_before_judge_from_count_for_nobody() -> None:
    wanted = Criterion(metric="orders_per_month", at_least=Decimal(1), window_months=3)
    since = date(2026, 9, 1) - timedelta(days=1)

    windows = Windows(policy(), [wanted], coverage_without(set()), LAST, since)

    assert [str(m) for m in windows.counted] == ["2026-09", "2026-10"]


def test_a_month_begins_to_count_only_after_the_day_that_limits_it() -> None:
    wanted = Criterion(metric="orders_per_month", at_least=Decimal(1), window_months=3)

    windows = Windows(policy(), [wanted], coverage_without(set()), LAST, date(2026, 9, 1))

    assert [str(m) for m in windows.counted] == ["2026-10"]


def test_only_what_the_criteria_ask_for_is_fetched_besides_orders() -> None:
    def asked(*metrics: str) -> tuple[list[str], bool]:
        wanted = [Criterion(metric=name, at_least=Decimal(1)) for name in metrics]
        windows = Windows(policy(), wanted, coverage_without(set()), LAST)
        return windows.fed, windows.complaints

    assert asked("rating", "growth") == ([], False)
    assert asked("on_time", "rating", "nps", "tenure_months") == (["nps", "on_time"], False)
    assert asked("complaints", "rating") == ([], True)


def growth(earlier: int, later: int, missing: set[Month], months: int = 2) -> tuple[object, int]:
    """The growth of a partner with so many orders in each half of the window."""
    rules, placed_in = policy(), {LAST.plus(-1): earlier, LAST: later}
    criterion = Criterion(metric="growth", at_least=Decimal(0), window_months=months)
    windows = Windows(rules, [criterion], coverage_without(missing), LAST)
    by_month = {month: Totals(placed=placed) for month, placed in placed_in.items()}
    facts = MonthlyFacts(date(2020, 1, 1), by_month, {}, coverage_without(missing))
    found = windows.reader([Rule.of(rules, criterion)]).assess(summed(windows, facts), AS_OF)
    assert found == assess_months(rules, [criterion], facts, LAST, AS_OF)
    return found.findings[0].actual, found.findings[0].sample


def test_growth_compares_the_halves_of_its_months() -> None:
    assert growth(20, 25, set()) == (Decimal("0.25"), 20)


def test_growth_over_a_gap_is_unknown() -> None:
    for gap in (LAST, LAST.plus(-1)):
        assert growth(20, 25, {gap}) == (None, 0)
    assert growth(20, 25, {LAST.plus(-2)}) == (Decimal("0.25"), 20)


def test_growth_over_a_single_month_is_unknown() -> None:
    """No policy asks for it any more; one that did can still be read."""
    assert growth(20, 25, set(), months=1) == (None, 0)
