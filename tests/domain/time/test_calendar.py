"""Months, working days, deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.time.calendar import (
    Month,
    ProgramCalendar,
    full_months_between,
    hour_of_every_day,
    shift_months,
)

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Africa/Cairo", "Pacific/Apia"]
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
calendars = st.sampled_from(ZONES).map(lambda name: ProgramCalendar(ZoneInfo(name)))
BERLIN = ProgramCalendar(ZoneInfo("Europe/Berlin"))


@given(days, st.integers(-40, 40))
def test_months_count_forth_and_back(day: date, months: int) -> None:
    month = Month.of(day)
    assert month.plus(months).plus(-months) == month
    assert Month.from_number(month.number) == month
    assert Month.parse(str(month)) == month
    assert month.first_day <= day <= month.last_day


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "202610", "October", "", "2026-10-01"])
def test_a_month_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Month.parse(text)


def test_month_ends_are_clamped() -> None:
    assert shift_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert shift_months(date(2024, 1, 31), 1) == date(2024, 2, 29)


@given(days, st.integers(0, 60))
def test_rule_11_tenure_is_full_months_with_clamped_ends(start: date, months: int) -> None:
    end = shift_months(start, months)
    assert full_months_between(start, end) == months
    assert full_months_between(start, end - timedelta(days=1)) == max(0, months - 1)


def test_rule_11_whoever_joined_on_31_january_has_a_month_on_28_february() -> None:
    assert full_months_between(date(2026, 1, 31), date(2026, 2, 28)) == 1
    assert full_months_between(date(2026, 1, 31), date(2026, 2, 27)) == 0


def test_tenure_is_never_negative() -> None:
    assert full_months_between(date(2026, 5, 1), date(2026, 1, 1)) == 0


@given(calendars, days)
def test_a_day_begins_where_the_last_one_ends(calendar: ProgramCalendar, day: date) -> None:
    start, end = calendar.start_of(day), calendar.end_of(day)
    assert calendar.day_of(start) == day
    assert calendar.day_of(start - timedelta(microseconds=1)) == day - timedelta(days=1)
    assert calendar.day_of(end - timedelta(microseconds=1)) == day
    assert calendar.day_of(calendar.office_time(day)) == day


def test_a_day_of_a_dst_change_is_not_24_hours() -> None:
    assert BERLIN.end_of(date(2026, 3, 29)) - BERLIN.start_of(date(2026, 3, 29)) == timedelta(
        hours=23
    )
    assert BERLIN.end_of(date(2026, 10, 25)) - BERLIN.start_of(date(2026, 10, 25)) == timedelta(
        hours=25
    )


def test_office_time_is_nine_in_the_morning_on_both_sides_of_a_dst_change() -> None:
    assert BERLIN.office_time(date(2026, 3, 28)) == datetime(2026, 3, 28, 8, tzinfo=UTC)
    assert BERLIN.office_time(date(2026, 3, 30)) == datetime(2026, 3, 30, 7, tzinfo=UTC)


@given(calendars, days)
def test_a_working_day_is_the_day_itself_or_the_next_one(
    calendar: ProgramCalendar, day: date
) -> None:
    found = calendar.working_day_from(day)
    assert calendar.is_working_day(found)
    between = [day + timedelta(days=n) for n in range((found - day).days)]
    assert not any(calendar.is_working_day(d) for d in between)


def test_rule_12_a_deadline_on_a_weekend_rolls_to_monday_even_past_day_60() -> None:
    assert BERLIN.stated_deadline(date(2026, 9, 1), 60) == date(2026, 11, 2)  # 31 October is Sat


def test_rule_12_a_deadline_on_a_holiday_rolls_on() -> None:
    christmas = frozenset({date(2026, 12, 25)})
    calendar = ProgramCalendar(ZoneInfo("UTC"), christmas)
    assert calendar.stated_deadline(date(2026, 11, 10), 45) == date(2026, 12, 28)


@pytest.mark.parametrize(
    ("zone", "hour", "found"),
    [
        ("Europe/Berlin", 2, 3),
        ("Europe/Berlin", 9, 9),
        ("Africa/Cairo", 0, 1),  # clocks go forward at midnight
        ("Pacific/Chatham", 3, 4),  # from 2:45 to 3:45
        ("Antarctica/Troll", 1, 3),  # by two hours
        ("UTC", 2, 2),
    ],
)
def test_an_hour_that_a_day_lacks_is_the_next_one_that_all_have(
    zone: str, hour: int, found: int
) -> None:
    assert hour_of_every_day(ZoneInfo(zone), hour) == found


@given(days, st.integers(30, 60), st.timedeltas(timedelta(0), timedelta(days=20)))
def test_rule_01_the_full_grace_follows_the_acceptance(
    rendered_on: date, grace: int, delay: timedelta
) -> None:
    stated = BERLIN.stated_deadline(rendered_on, grace)
    accepted_at = BERLIN.start_of(rendered_on) + delay
    deadline = BERLIN.deadline(stated, accepted_at, grace)
    assert deadline >= stated
    assert (deadline - BERLIN.day_of(accepted_at)).days >= grace
    assert BERLIN.is_working_day(deadline)


@given(days, st.integers(30, 60), st.integers(0, 30), st.integers(0, 30))
def test_rule_12_a_later_acceptance_never_moves_a_deadline_earlier(
    rendered_on: date, grace: int, first: int, more: int
) -> None:
    stated = BERLIN.stated_deadline(rendered_on, grace)
    earlier = BERLIN.office_time(rendered_on + timedelta(days=first))
    later = BERLIN.office_time(rendered_on + timedelta(days=first + more))
    assert BERLIN.deadline(stated, earlier, grace) <= BERLIN.deadline(stated, later, grace)


def test_rule_08_the_decision_waits_until_the_deadlines_day_has_settled() -> None:
    deadline = date(2026, 12, 30)
    decision = BERLIN.decision_day(deadline, 3)
    assert decision == date(2027, 1, 3)
    assert BERLIN.start_of(decision) - BERLIN.end_of(deadline) == timedelta(days=3)


@given(days, st.integers(0, 31))
def test_rule_04_a_month_is_judged_once_it_has_settled(as_of: date, settling: int) -> None:
    month = BERLIN.newest_settled_month(as_of, settling)
    settled_on = month.last_day + timedelta(days=1 + settling)
    assert settled_on <= as_of
    assert month.plus(1).last_day + timedelta(days=1 + settling) > as_of


def test_rule_04_on_the_third_october_september_has_not_settled_yet() -> None:
    assert BERLIN.newest_settled_month(date(2026, 10, 3), 3) == Month(2026, 8)
    assert BERLIN.newest_settled_month(date(2026, 10, 4), 3) == Month(2026, 9)
