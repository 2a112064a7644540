"""Program days: how long a day is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.time.clock import ProgramClock

ANCHOR = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DEMO = ProgramClock(1.0, ANCHOR, datetime(2026, 1, 5, tzinfo=UTC))
instants = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(instants)
def test_the_real_clock_changes_nothing(instant: datetime) -> None:
    clock = ProgramClock()
    assert clock.is_real
    assert clock.program_time(instant) == instant
    assert clock.real_time(instant) == instant
    assert clock.real_length(45) == timedelta(days=45)


def test_a_demo_day_lasts_a_second() -> None:
    assert not DEMO.is_real
    assert DEMO.real_length(45) == timedelta(seconds=45)
    assert DEMO.program_time(ANCHOR) == DEMO.program_anchor
    assert DEMO.program_time(ANCHOR + timedelta(seconds=3)) == datetime(2026, 1, 8, tzinfo=UTC)


@given(instants)
def test_the_demo_clock_translates_forth_and_back(program: datetime) -> None:
    error = abs(DEMO.program_time(DEMO.real_time(program)) - program)
    assert error < timedelta(seconds=1)  # a real microsecond is 0.09 s of program time


demo_moments = st.timedeltas(timedelta(0), timedelta(hours=2)).map(lambda later: ANCHOR + later)


@given(demo_moments, demo_moments)
def test_the_demo_clock_keeps_the_order(one: datetime, two: datetime) -> None:
    assert (one <= two) == (DEMO.program_time(one) <= DEMO.program_time(two))
