"""Findings and verdicts, on whole months and on trailing days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.judging.assessment import (
    Assessment,
    Finding,
    MonthlyFacts,
    TrailingFacts,
    Verdict,
    assess_cure,
    assess_months,
    trailing_windows,
)
from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.policy.metrics import FedValue, Totals
from partners.domain.policy.policy import Criterion, Policy
from partners.domain.time.calendar import Month

JOINED = date(2024, 1, 15)
AS_OF = date(2026, 10, 10)
LAST = Month(2026, 9)
COVERED = Coverage.of([DayRange(date(2025, 1, 1), date(2026, 10, 9))])

ORDERS = {"orders_per_month": {"at_least": 10}}
ACCEPTANCE = {"acceptance_rate": {"at_least": "0.9", "window_months": 3}}


def finding(verdict: Verdict) -> Finding:
    return Finding("rating", None, Decimal(1), True, 1, 0, 5, verdict)


def judge(policy: Policy, facts: MonthlyFacts) -> Assessment:
    return assess_months(policy, policy.tiers[0].keep_standards.values(), facts, LAST, AS_OF)


def monthly(
    totals: dict[Month, Totals], since: date | None = None, coverage: Coverage = COVERED
) -> MonthlyFacts:
    return MonthlyFacts(JOINED, totals, coverage=coverage, since=since)


def trailing(per_day: Totals, coverage: Coverage = COVERED) -> TrailingFacts:
    """The same orders every day."""

    def between(first: date, last: date) -> Totals:
        total = Totals()
        for _ in range((last - first).days + 1):
            total += per_day
        return total

    return TrailingFacts(between, coverage)


def test_the_findings_below_are_those_that_a_warning_names() -> None:
    below, passing, unknown = (
        finding(v) for v in (Verdict.BELOW, Verdict.PASSING, Verdict.INSUFFICIENT)
    )
    assert Assessment((passing, below, unknown)).below == (below,)


@given(st.lists(st.sampled_from(Verdict), max_size=6))
def test_rule_02_any_failure_is_below_else_any_insufficient_is_insufficient(
    verdicts: list[Verdict],
) -> None:
    verdict = Assessment(tuple(map(finding, verdicts))).verdict
    if Verdict.BELOW in verdicts:
        assert verdict is Verdict.BELOW
    elif Verdict.INSUFFICIENT in verdicts:
        assert verdict is Verdict.INSUFFICIENT
    else:
        assert verdict is Verdict.PASSING


@pytest.mark.parametrize(
    ("accepted", "rejected", "verdict"),
    [
        (0, 9, Verdict.INSUFFICIENT),
        (9, 0, Verdict.INSUFFICIENT),
        (0, 10, Verdict.BELOW),
        (9, 1, Verdict.PASSING),
        (8, 2, Verdict.BELOW),
    ],
)
def test_rule_02_a_rate_needs_a_sample(
    make_policy: Callable[..., Policy], accepted: int, rejected: int, verdict: Verdict
) -> None:
    totals = {LAST: Totals(accepted=accepted, rejected=rejected)}
    assert judge(make_policy(ACCEPTANCE), monthly(totals)).verdict is verdict


def test_rule_02_the_sample_is_gathered_over_the_whole_window(
    make_policy: Callable[..., Policy],
) -> None:
    totals = {LAST.plus(-back): Totals(accepted=4) for back in range(3)}
    (found,) = judge(make_policy(ACCEPTANCE), monthly(totals)).findings
    assert (found.sample, found.verdict) == (12, Verdict.PASSING)


def test_rule_02_a_rating_needs_five(make_policy: Callable[..., Policy]) -> None:
    policy = make_policy({"rating": {"at_least": "4.5"}})
    four = {LAST: Totals(rating_milli=4000, rating_count=4)}
    five = {LAST: Totals(rating_milli=5000, rating_count=5)}
    assert judge(policy, monthly(four)).verdict is Verdict.INSUFFICIENT
    assert judge(policy, monthly(five)).verdict is Verdict.BELOW


def test_rule_03_a_covered_month_without_orders_is_below(
    make_policy: Callable[..., Policy],
) -> None:
    assert judge(make_policy(ORDERS), monthly({})).verdict is Verdict.BELOW


def test_rule_03_an_uncovered_month_is_unknown(make_policy: Callable[..., Policy]) -> None:
    until_mid_september = Coverage.of([DayRange(date(2025, 1, 1), date(2026, 9, 15))])
    facts = monthly({LAST: Totals(placed=3)}, coverage=until_mid_september)
    assert judge(make_policy(ORDERS), facts).verdict is Verdict.INSUFFICIENT


def test_rule_03_uncovered_months_of_a_window_are_left_out(
    make_policy: Callable[..., Policy],
) -> None:
    policy = make_policy({"orders_per_month": {"at_least": 10, "window_months": 3}})
    september_only = Coverage.of([DayRange(date(2026, 9, 1), date(2026, 10, 9))])
    (found,) = judge(policy, monthly({LAST: Totals(placed=12)}, coverage=september_only)).findings
    assert (found.actual, found.sample) == (12, 1)


@pytest.mark.parametrize(
    ("since", "verdict"),
    [
        (date(2026, 8, 31), Verdict.BELOW),
        (date(2026, 9, 1), Verdict.INSUFFICIENT),
        (date(2026, 9, 15), Verdict.INSUFFICIENT),
    ],
)
def test_rule_10_a_month_counts_only_if_it_began_after_that_day(
    make_policy: Callable[..., Policy], since: date, verdict: Verdict
) -> None:
    assert judge(make_policy(ORDERS), monthly({}, since=since)).verdict is verdict


def test_rule_11_tenure_is_judged_on_entry_only(make_policy: Callable[..., Policy]) -> None:
    policy = make_policy({"tenure_months": {"at_least": 48}})
    assert judge(policy, monthly({})).findings == ()
    enter = policy.tiers[0].enter.values()
    (found,) = assess_months(policy, enter, monthly({}), LAST, AS_OF).findings
    assert (found.actual, found.verdict) == (32, Verdict.BELOW)


def test_at_most_is_met_from_below(make_policy: Callable[..., Policy]) -> None:
    policy = make_policy({"cancellation_rate": {"at_most": "0.1"}})
    on_the_line = {LAST: Totals(completed=9, cancelled=1)}
    over_it = {LAST: Totals(completed=8, cancelled=2)}
    assert judge(policy, monthly(on_the_line)).verdict is Verdict.PASSING
    assert judge(policy, monthly(over_it)).verdict is Verdict.BELOW


def test_growth_needs_its_whole_window_covered(make_policy: Callable[..., Policy]) -> None:
    policy = make_policy({"growth": {"at_least": "0.1", "window_months": 2}})
    totals = {LAST.plus(-1): Totals(placed=10), LAST: Totals(placed=12)}
    (found,) = judge(policy, monthly(totals)).findings
    assert (found.actual, found.verdict) == (Decimal("0.2"), Verdict.PASSING)
    september_only = Coverage.of([DayRange(date(2026, 9, 1), date(2026, 10, 9))])
    assert judge(policy, monthly(totals, coverage=september_only)).verdict is Verdict.INSUFFICIENT


def test_fed_months_weigh_by_their_sample(make_policy: Callable[..., Policy]) -> None:
    policy = make_policy(
        {"nps": {"at_least": 50, "window_months": 2}}, metrics={"nps": {"label": "NPS"}}
    )
    fed = {
        ("nps", LAST): FedValue(Decimal(60), 3),
        ("nps", LAST.plus(-1)): FedValue(Decimal(20), 1),
        ("nps", LAST.plus(-2)): FedValue(Decimal(0), 99),
    }
    (found,) = judge(policy, MonthlyFacts(JOINED, fed=fed)).findings
    assert (found.actual, found.sample, found.verdict) == (50, 4, Verdict.PASSING)


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.integers(1, 12), st.integers(1, 60))
def test_rule_04_trailing_windows_end_on_the_day(day: date, months: int, recovery: int) -> None:
    criterion = Criterion(metric="rating", at_least=Decimal(4), window_months=months)
    (recent, _), (own, length) = trailing_windows(criterion, day, recovery)
    assert recent.last == own.last == day
    assert (recent.last - recent.first).days + 1 == recovery
    assert length == months
    assert 28 * months <= (own.last - own.first).days + 1 <= 31 * months


def test_rule_04_ten_orders_in_thirty_days_cure_ten_a_month(
    make_policy: Callable[..., Policy],
) -> None:
    policy = make_policy(ORDERS)
    criteria = policy.tiers[0].keep_standards.values()

    def ten_on_the_first_day(first: date, last: date) -> Totals:
        in_it = first <= AS_OF - timedelta(days=30) <= last
        return Totals(placed=10 if in_it else 0)

    facts = TrailingFacts(ten_on_the_first_day, COVERED)
    day_30 = AS_OF - timedelta(days=1)
    assert assess_cure(policy, criteria, facts, day_30).verdict is Verdict.PASSING


def test_rule_04_the_better_window_decides(make_policy: Callable[..., Policy]) -> None:
    policy = make_policy(ACCEPTANCE)
    turned = AS_OF - timedelta(days=40)

    def bad_until_turned(first: date, last: date) -> Totals:
        return Totals(accepted=20) if first > turned else Totals(accepted=20, rejected=20)

    facts = TrailingFacts(bad_until_turned, COVERED)
    criteria = policy.tiers[0].keep_standards.values()
    assessment = assess_cure(policy, criteria, facts, AS_OF - timedelta(days=1))
    assert assessment.verdict is Verdict.PASSING


def test_rule_04_a_trailing_cure_needs_a_sample_too(make_policy: Callable[..., Policy]) -> None:
    policy = make_policy(ACCEPTANCE)
    criteria = policy.tiers[0].keep_standards.values()
    nothing = assess_cure(policy, criteria, trailing(Totals()), AS_OF - timedelta(days=1))
    assert nothing.verdict is Verdict.INSUFFICIENT


def test_rule_03_trailing_days_that_are_not_covered_are_unknown(
    make_policy: Callable[..., Policy],
) -> None:
    policy = make_policy(ORDERS)
    criteria = policy.tiers[0].keep_standards.values()
    beyond_the_feed = assess_cure(policy, criteria, trailing(Totals(placed=1)), AS_OF)
    assert beyond_the_feed.verdict is Verdict.INSUFFICIENT


def test_rule_04_the_newest_fed_month_decides_a_cure(make_policy: Callable[..., Policy]) -> None:
    policy = make_policy({"nps": {"at_least": 50}}, metrics={"nps": {"label": "NPS"}})
    fed = {
        ("nps", Month(2026, 8)): FedValue(Decimal(90)),
        ("nps", Month(2026, 9)): FedValue(Decimal(10)),
    }
    facts = TrailingFacts(lambda first, last: Totals(), Coverage(), fed)
    criteria = policy.tiers[0].keep_standards.values()
    assert assess_cure(policy, criteria, facts, AS_OF).verdict is Verdict.BELOW


def test_rule_04_a_fed_month_counts_from_its_last_day_and_only_for_its_own_metric(
    make_policy: Callable[..., Policy],
) -> None:
    labels = {"nps": {"label": "NPS"}, "csat": {"label": "CSAT"}}
    policy = make_policy({"nps": {"at_least": 50}}, metrics=labels)
    fed = {
        ("nps", Month(2026, 8)): FedValue(Decimal(90)),
        ("nps", Month(2026, 9)): FedValue(Decimal(10)),
        ("csat", Month(2026, 7)): FedValue(Decimal(10)),
    }
    facts = TrailingFacts(lambda first, last: Totals(), Coverage(), fed)
    criteria = list(policy.tiers[0].keep_standards.values())

    verdicts = [
        assess_cure(policy, criteria, facts, day).verdict
        for day in (date(2026, 8, 30), date(2026, 8, 31), date(2026, 9, 29), date(2026, 9, 30))
    ]

    unknown, passing, below = Verdict.INSUFFICIENT, Verdict.PASSING, Verdict.BELOW
    assert verdicts == [unknown, passing, passing, below]


@pytest.mark.parametrize(("later", "verdict"), [(12, Verdict.PASSING), (10, Verdict.BELOW)])
def test_rule_04_growth_is_cured_by_the_later_half_of_the_trailing_days(
    make_policy: Callable[..., Policy], later: int, verdict: Verdict
) -> None:
    policy = make_policy({"growth": {"at_least": "0.1", "window_months": 2}})
    middle = AS_OF - timedelta(days=15)

    def between(first: date, last: date) -> Totals:
        days = [first + timedelta(n) for n in range((last - first).days + 1)]
        placed = sum(later if day > middle else 10 for day in days)
        return Totals(placed=placed)

    facts = TrailingFacts(between, Coverage.of([DayRange(date(2026, 1, 1), AS_OF)]))
    criteria = policy.tiers[0].keep_standards.values()

    assessment = assess_cure(policy, criteria, facts, AS_OF)

    assert assessment.verdict is verdict


@given(st.integers(0, 40), st.integers(0, 40))
def test_more_accepted_orders_never_make_a_verdict_worse(accepted: int, rejected: int) -> None:
    policy = Policy.model_validate(
        {
            "program": {
                "name": "P",
                "provider": "P",
                "time_zone": "UTC",
                "contact_email": "a@example.com",
            },
            "staff": {"emails": ["a@example.com"]},
            "tiers": [{"key": "t", "kind": "preferred", "enter": ACCEPTANCE}],
        }
    )

    def verdict(more: int) -> Verdict:
        totals = {LAST: Totals(accepted=accepted + more, rejected=rejected)}
        return judge(policy, monthly(totals)).verdict

    if verdict(0) is Verdict.PASSING:
        assert verdict(1) is Verdict.PASSING
