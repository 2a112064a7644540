"""Which days the feed covers."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.judging.coverage import Coverage, DayRange, import_coverage
from partners.domain.time.calendar import Month

START = date(2026, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


ranges = st.lists(
    st.tuples(st.integers(0, 200), st.integers(-3, 40)).map(
        lambda pair: DayRange(day(pair[0]), day(pair[0] + pair[1]))
    ),
    max_size=12,
)


@given(ranges)
def test_merging_keeps_exactly_the_days(pieces: list[DayRange]) -> None:
    coverage = Coverage.of(pieces)
    for number in range(-1, 245):
        today = day(number)
        assert coverage.covers(today, today) == any(p.first <= today <= p.last for p in pieces)


@given(ranges)
def test_merged_ranges_are_sorted_and_never_touch(pieces: list[DayRange]) -> None:
    merged = Coverage.of(pieces).ranges
    for earlier, later in pairwise(merged):
        assert earlier.last + timedelta(days=1) < later.first


@given(ranges, ranges)
def test_the_order_of_imports_does_not_matter(one: list[DayRange], two: list[DayRange]) -> None:
    assert Coverage.of(one + two) == Coverage.of(two + one)
    assert Coverage.of([*Coverage.of(one).ranges, *two]) == Coverage.of(one + two)


def test_a_gap_is_not_covered() -> None:
    coverage = Coverage.of([DayRange(day(0), day(9)), DayRange(day(11), day(20))])
    assert not coverage.covers(day(5), day(15))
    assert coverage.newest_day == day(20)
    assert coverage.newest_day_until(day(10)) == day(9)
    assert coverage.newest_day_until(day(11)) == day(11)
    assert coverage.newest_day_until(day(-1)) is None


def test_a_month_is_covered_only_as_a_whole() -> None:
    coverage = Coverage.of([DayRange(date(2026, 1, 2), date(2026, 2, 28))])
    assert not coverage.covers_month(Month(2026, 1))
    assert coverage.covers_month(Month(2026, 2))


def test_the_age_counts_from_yesterday() -> None:
    coverage = Coverage.of([DayRange(day(0), day(9))])
    assert coverage.age_days(day(10)) == 0
    assert coverage.age_days(day(14)) == 4
    assert Coverage().age_days(day(0)) is None


def test_rule_03_an_import_covers_its_oldest_day_to_the_day_before_its_newest() -> None:
    coverage = import_coverage(day(0), day(20), [Month(2026, 1)], yesterday=day(100))
    assert coverage == Coverage.of([DayRange(day(0), day(19))])


def test_rule_03_an_import_never_covers_today() -> None:
    coverage = import_coverage(day(0), day(20), [Month(2026, 1)], yesterday=day(9))
    assert coverage.newest_day == day(9)


def test_rule_03_a_month_without_any_order_of_the_program_is_a_gap() -> None:
    with_orders = [Month(2026, 1), Month(2026, 3)]
    coverage = import_coverage(START, date(2026, 3, 20), with_orders, yesterday=date(2026, 4, 1))
    assert coverage.ranges == (
        DayRange(date(2026, 1, 1), date(2026, 1, 31)),
        DayRange(date(2026, 3, 1), date(2026, 3, 19)),
    )


def test_rule_03_a_range_that_a_person_states_has_no_gaps() -> None:
    coverage = import_coverage(
        day(40), day(41), [], yesterday=date(2026, 12, 1), first=day(0), last=day(99)
    )
    assert coverage == Coverage.of([DayRange(day(0), day(99))])


def test_rule_03_a_range_of_which_a_person_states_one_end_keeps_its_gaps() -> None:
    january_and_march = [Month(2026, 1), Month(2026, 3)]
    january = DayRange(date(2026, 1, 5), date(2026, 1, 31))
    march = DayRange(date(2026, 3, 1), date(2026, 3, 9))
    oldest, newest, yesterday = january.first, march.last + timedelta(days=1), date(2026, 4, 1)
    for ends in ({"first": january.first}, {"last": march.last}):
        covered = import_coverage(oldest, newest, january_and_march, yesterday, **ends)
        assert covered.ranges == (january, march)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_rule_03_the_future_is_never_covered(first: int, length: int, yesterday: int) -> None:
    oldest, newest = day(first), day(first + length)
    months = {Month.of(oldest + timedelta(days=n)) for n in range(length + 1)}
    covered = import_coverage(oldest, newest, months, yesterday=day(yesterday))
    assert covered.newest_day is None or covered.newest_day <= day(yesterday)


@given(ranges, ranges)
def test_coverage_without_some_days_keeps_exactly_the_others(
    pieces: list[DayRange], unknown: list[DayRange]
) -> None:
    covered = Coverage.of(pieces)
    left = covered.without(unknown)
    for number in range(-1, 245):
        today = day(number)
        is_unknown = any(gap.first <= today <= gap.last for gap in unknown)
        assert left.covers(today, today) == (covered.covers(today, today) and not is_unknown)
    assert left == Coverage.of(left.ranges)


def test_coverage_without_unknown_days_is_what_is_left_around_them() -> None:
    day = lambda n: date(2026, 10, n)  # noqa: E731
    covered = Coverage.of([DayRange(day(1), day(10)), DayRange(day(15), day(20))])
    unknown = [DayRange(day(n), last) for n, last in ((1, day(2)), (5, day(5)), (9, day(16)))]

    assert covered.without(unknown).ranges == (
        DayRange(day(3), day(4)),
        DayRange(day(6), day(8)),
        DayRange(day(17), day(20)),
    )
    assert covered.without([]) == covered
    assert covered.without([DayRange(day(10), day(15))]).ranges == (
        DayRange(day(1), day(9)),
        DayRange(day(16), day(20)),
    )
    assert covered.without([DayRange(day(2), day(9))]).ranges[:2] == (
        DayRange(day(1), day(1)),
        DayRange(day(10), day(10)),
    )
    assert covered.without([DayRange(day(1), day(30))]).ranges == ()
