"""What each metric measures (docs/rules.md, "Metrics")."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.policy.metrics import (
    BUILT_IN,
    TOTAL_NAMES,
    FedValue,
    Measure,
    Observation,
    Totals,
    Unit,
    fed_metric,
)

counts = st.integers(0, 500)
totals = st.builds(Totals, **dict.fromkeys(TOTAL_NAMES, counts))


def measure(name: str, seen: Totals, months: int = 1) -> Measure:
    return BUILT_IN[name].measure(Observation(totals=seen, months=Decimal(months)))


@given(totals, totals, totals)
def test_totals_add_up_in_any_order(a: Totals, b: Totals, c: Totals) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Totals() == a


def test_orders_per_month_is_the_mean_over_the_window() -> None:
    assert measure("orders_per_month", Totals(placed=25), 2) == Measure(Decimal("12.5"), 2)


def test_rule_03_a_covered_month_without_orders_is_zero_and_an_uncovered_one_is_unknown() -> None:
    assert measure("orders_per_month", Totals(), 1) == Measure(Decimal(0), 1)
    assert measure("orders_per_month", Totals(), 0) == Measure(None, 0)
    assert measure("revenue", Totals(), 0) == Measure(None, 0)


def test_acceptance_is_accepted_or_later_of_what_was_answered() -> None:
    seen = Totals(placed=30, accepted=18, rejected=2, cancelled=10)
    assert measure("acceptance_rate", seen) == Measure(Decimal("0.9"), 20)


def test_a_cancelled_order_counts_for_completion_and_cancellation_not_for_acceptance() -> None:
    seen = Totals(accepted=9, completed=8, failed=1, cancelled=1)
    assert measure("acceptance_rate", seen) == Measure(Decimal(1), 9)
    assert measure("completion_rate", seen) == Measure(Decimal("0.8"), 10)
    assert measure("cancellation_rate", seen) == Measure(Decimal("0.1"), 10)


@pytest.mark.parametrize(
    ("name", "seen", "expected"),
    [
        ("rating", Totals(rating_milli=13500, rating_count=3), Measure(Decimal("4.5"), 3)),
        ("address_accuracy", Totals(address_ok=9, address_count=12), Measure(Decimal("0.75"), 12)),
        (
            "response_hours",
            Totals(response_seconds=5400, response_count=1),
            Measure(Decimal("1.5"), 1),
        ),
        (
            "average_order_value",
            Totals(value_cents=30000, value_count=4),
            Measure(Decimal(75), 4),
        ),
        ("revenue", Totals(value_cents=30000, value_count=4), Measure(Decimal(300), 1)),
        ("repeat_rate", Totals(customer_orders=8, repeat_orders=2), Measure(Decimal("0.25"), 8)),
    ],
)
def test_rule_06_formulas_stay_as_they_are(name: str, seen: Totals, expected: Measure) -> None:
    assert measure(name, seen) == expected


def test_growth_compares_the_halves_of_the_window() -> None:
    seen = Observation(earlier=Totals(placed=20), later=Totals(placed=25))
    assert BUILT_IN["growth"].measure(seen) == Measure(Decimal("0.25"), 20)


def test_growth_from_nothing_is_unknown() -> None:
    seen = Observation(earlier=Totals(), later=Totals(placed=25))
    assert BUILT_IN["growth"].measure(seen) == Measure(None, 0)


@pytest.mark.parametrize("half", ["earlier", "later"])
def test_growth_with_a_half_that_is_not_covered_is_unknown(half: str) -> None:
    only = Observation(months=Decimal(2), **{half: Totals(placed=25)})
    assert BUILT_IN["growth"].measure(only) == Measure(None, 0)


def test_part_of_a_month_is_a_sample_of_one() -> None:
    """So that a recovery of a few days can be told from one of which nothing is known."""
    days = Observation(Totals(placed=5, value_cents=500), Decimal("0.5"), complaints=2)
    assert BUILT_IN["orders_per_month"].measure(days) == Measure(Decimal(10), 1)
    assert BUILT_IN["revenue"].measure(days) == Measure(Decimal(10), 1)
    assert BUILT_IN["complaints"].measure(days) == Measure(Decimal(2), 1)


def test_complaints_are_counted_over_the_window_where_they_are_known() -> None:
    counted = BUILT_IN["complaints"].measure
    assert counted(Observation(months=Decimal(3), complaints=4)) == Measure(Decimal(4), 3)
    assert counted(Observation(months=Decimal(3), complaints=0)) == Measure(Decimal(0), 3)
    assert counted(Observation(months=Decimal(3))) == Measure(None, 0)
    assert counted(Observation(complaints=4)) == Measure(None, 0)


@pytest.mark.parametrize(
    ("months", "expected"),
    [(7, Measure(Decimal(7), 7)), (0, Measure(Decimal(0), 0)), (None, Measure(None, 0))],
)
def test_tenure_is_the_months_since_joining(months: int | None, expected: Measure) -> None:
    assert BUILT_IN["tenure_months"].measure(Observation(tenure_months=months)) == expected


def test_a_fed_metric_gives_what_was_fed() -> None:
    metric = fed_metric("nps", "NPS", Unit.NUMBER)
    assert metric.measure(Observation(fed=FedValue(Decimal(42), 7))) == Measure(Decimal(42), 7)
    assert metric.measure(Observation()) == Measure(None, 0)


@given(totals)
def test_a_rate_is_unknown_exactly_without_a_sample(seen: Totals) -> None:
    for metric in BUILT_IN.values():
        if metric.unit is Unit.RATE:
            found = metric.measure(Observation(totals=seen, months=Decimal(1)))
            assert (found.actual is None) == (found.sample == 0)
