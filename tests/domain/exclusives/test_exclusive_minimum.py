"""What a holder sold, held against what was agreed: periods, verdicts, days to cure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from partners.domain.exclusives.exclusive_minimum import (
    Agreed,
    Counts,
    Cure,
    Sold,
    Span,
    Warned,
    cure_as_of,
    cured_on,
    judge,
    periods,
)
from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.offers.exclusive import Period, PeriodVerdict, Terms
from partners.domain.time.calendar import Month

YEAR = DayRange(date(2034, 1, 1), date(2036, 12, 31))
TERMS = Terms(date(2035, 1, 1), date(2035, 12, 31), minimum_orders=10)
APRIL = Span(Month(2035, 4), Month(2035, 4))


def counts(sold: dict[date, Sold], covered: DayRange = YEAR, exempt: Iterable[date] = ()) -> Counts:
    return Counts(sold, Coverage.of([covered]), frozenset(exempt).__contains__)


def spread(first: date, last: date, number: int, completed: bool = True) -> dict[date, Sold]:
    """So many orders, evenly over the days."""
    days = (last - first).days + 1
    found: dict[date, Sold] = {}
    for one in range(number):
        day = first + timedelta(days=one * days // number)
        found[day] = found.get(day, Sold()) + Sold(1, int(completed), 1)
    return found


def names(terms: Terms) -> list[str]:
    return [str(span) for span in periods(terms)]


# ---- periods ----


def test_a_term_has_a_period_for_each_of_its_whole_months() -> None:
    assert names(Terms(date(2035, 1, 1), date(2035, 3, 31))) == ["2035-01", "2035-02", "2035-03"]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2035, 1, 2), date(2035, 2, 27), []),  # no whole month
        (date(2035, 1, 31), date(2035, 2, 28), ["2035-02"]),
        (date(2036, 2, 1), date(2036, 2, 28), []),  # a leap year's February has a day more
        (date(2036, 2, 1), date(2036, 2, 29), ["2036-02"]),
        (date(2035, 12, 1), date(2036, 1, 31), ["2035-12", "2036-01"]),
    ],
)
def test_only_whole_months_count_also_at_their_edges(
    first: date, last: date, found: list[str]
) -> None:
    assert names(Terms(first, last)) == found


def test_quarters_are_counted_from_the_first_whole_month_and_a_rest_is_not_judged() -> None:
    terms = Terms(date(2035, 1, 15), date(2035, 9, 30), period=Period.QUARTERLY)
    assert names(terms) == ["2035-02 to 2035-04", "2035-05 to 2035-07"]


def test_a_year_is_one_period() -> None:
    terms = Terms(date(2035, 3, 1), date(2036, 2, 29), period=Period.YEARLY)
    assert names(terms) == ["2035-03 to 2036-02"]


# ---- verdicts ----


@pytest.mark.parametrize(("number", "verdict"), [(9, "missed"), (10, "met")])
def test_rule_23_a_minimum_is_met_by_as_many_orders(number: int, verdict: str) -> None:
    sold = spread(date(2035, 4, 1), date(2035, 4, 30), number)
    found = judge(TERMS, APRIL, counts(sold))
    assert (found.verdict, found.sold.placed) == (verdict, number)


def test_orders_of_other_months_do_not_count() -> None:
    sold = {date(2035, 3, 31): Sold(50), date(2035, 5, 1): Sold(50)}
    assert judge(TERMS, APRIL, counts(sold)).verdict is PeriodVerdict.MISSED


def test_rule_03_a_month_that_is_not_covered_leaves_its_period_unknown() -> None:
    known = DayRange(date(2035, 1, 1), date(2035, 4, 29))
    assert judge(TERMS, APRIL, counts({}, known)).verdict is PeriodVerdict.UNKNOWN


def test_a_quarter_is_held_against_three_months_on_average() -> None:
    terms = Terms(date(2035, 4, 1), date(2035, 12, 31), 10, period=Period.QUARTERLY)
    quarter = Span(Month(2035, 4), Month(2035, 6))
    sold = spread(date(2035, 6, 1), date(2035, 6, 30), 30)
    assert judge(terms, quarter, counts(sold)).verdict is PeriodVerdict.MET


def test_a_month_with_an_exempt_day_is_asked_for_nothing() -> None:
    terms = Terms(date(2035, 4, 1), date(2035, 12, 31), 10, period=Period.QUARTERLY)
    quarter = Span(Month(2035, 4), Month(2035, 6))
    sold = spread(date(2035, 5, 1), date(2035, 6, 30), 20)
    found = judge(terms, quarter, counts(sold, exempt=[date(2035, 4, 30)]))
    assert (found.verdict, found.months) == (PeriodVerdict.MET, 2)


def test_a_period_without_a_month_that_counts_is_exempt_though_the_feed_lacks_it() -> None:
    known = DayRange(date(2035, 1, 1), date(2035, 3, 31))
    found = judge(TERMS, APRIL, counts({}, known, exempt=[date(2035, 4, 2)]))
    assert (found.verdict, found.months) == (PeriodVerdict.EXEMPT, 0)


@pytest.mark.parametrize(
    ("completed", "concluded", "missed"),
    [
        (9, 10, ()),
        (8, 10, (Agreed.COMPLETION,)),
        (0, 9, ()),  # too few to judge (rule 2)
    ],
)
def test_rule_02_completion_is_judged_on_a_sample(
    completed: int, concluded: int, missed: tuple[Agreed, ...]
) -> None:
    terms = Terms(date(2035, 1, 1), date(2035, 12, 31), completion=Decimal("0.9"))
    sold = {date(2035, 4, 10): Sold(concluded, completed, concluded)}
    assert judge(terms, APRIL, counts(sold)).missed == missed


# ---- the days to cure ----

ORDERS = Warned(APRIL, (Agreed.ORDERS,))


def test_rule_04_ten_orders_in_thirty_days_make_up_for_ten_a_month() -> None:
    day = date(2035, 5, 20)
    sold = spread(day - timedelta(days=29), day, 10)
    assert cure_as_of(TERMS, ORDERS, counts(sold), day, 30) is Cure.CURED
    sold.pop(max(sold))
    assert cure_as_of(TERMS, ORDERS, counts(sold), day, 30) is Cure.FAILING


def test_rule_04_as_many_months_as_the_period_has_count_too() -> None:
    terms = Terms(date(2035, 1, 1), date(2035, 12, 31), 10, period=Period.QUARTERLY)
    warned = Warned(Span(Month(2035, 1), Month(2035, 3)), (Agreed.ORDERS,))
    day = date(2035, 5, 20)
    sold = spread(date(2035, 2, 21), date(2035, 3, 31), 30)  # none in the last 30 days
    assert cure_as_of(terms, warned, counts(sold), day, 30) is Cure.CURED


def test_rule_05_only_what_was_warned_of_decides() -> None:
    terms = Terms(date(2035, 1, 1), date(2035, 12, 31), 10, completion=Decimal("0.9"))
    day = date(2035, 5, 20)
    sold = spread(day - timedelta(days=29), day, 12, completed=False)
    assert cure_as_of(terms, ORDERS, counts(sold), day, 30) is Cure.CURED
    both = Warned(APRIL, (Agreed.ORDERS, Agreed.COMPLETION))
    assert cure_as_of(terms, both, counts(sold), day, 30) is Cure.FAILING


def test_rule_02_a_rate_without_a_sample_neither_cures_nor_fails() -> None:
    terms = Terms(date(2035, 1, 1), date(2035, 12, 31), completion=Decimal("0.9"))
    warned = Warned(APRIL, (Agreed.COMPLETION,))
    day = date(2035, 5, 20)
    assert cure_as_of(terms, warned, counts({day: Sold(3, 3, 3)}), day, 30) is Cure.UNKNOWN


def test_rule_03_days_that_are_not_covered_cure_nobody_and_fail_nobody() -> None:
    day = date(2035, 5, 20)
    known = DayRange(date(2035, 1, 1), day - timedelta(days=1))
    sold = spread(day - timedelta(days=29), day, 10)
    assert cure_as_of(TERMS, ORDERS, counts(sold, known), day, 30) is Cure.UNKNOWN


def test_of_exempt_days_nothing_is_asked() -> None:
    day = date(2035, 5, 20)
    blocked = [day - timedelta(days=number) for number in range(15)]
    sold = spread(day - timedelta(days=29), day - timedelta(days=15), 5)
    assert cure_as_of(TERMS, ORDERS, counts(sold, exempt=blocked), day, 30) is Cure.CURED


def test_rule_17_the_first_day_of_a_cure_is_the_same_whenever_anybody_looks() -> None:
    first, last = date(2035, 5, 5), date(2035, 6, 4)
    sold = spread(date(2035, 5, 10), date(2035, 5, 19), 10)
    found = counts(sold)
    assert cured_on(TERMS, ORDERS, found, DayRange(first, date(2035, 5, 18)), 30) is None
    for looked_on in (date(2035, 5, 19), date(2035, 5, 25), last):
        days = DayRange(first, looked_on)
        assert cured_on(TERMS, ORDERS, found, days, 30) == date(2035, 5, 19)
