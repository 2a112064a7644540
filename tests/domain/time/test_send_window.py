"""When mail may arrive, in the recipient's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.time.send_window import ALWAYS, NO_CAP, Cap, Window, zone_or

BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
OFFICE = Window(9, 17, weekdays=True)


def berlin(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (berlin(16, 9), berlin(16, 9)),  # a Monday, just open
        (berlin(16, 16, 59), berlin(16, 16, 59)),
        (berlin(16, 17), berlin(17, 9)),  # just closed
        (berlin(16, 3), berlin(16, 9)),
        (berlin(20, 18), berlin(23, 9)),  # Friday evening: Monday
        (berlin(21, 12), berlin(23, 9)),  # Saturday noon
    ],
)
def test_mail_waits_for_the_next_open_hour(now: datetime, opens: datetime) -> None:
    assert OFFICE.next_open(now, BERLIN) == opens


def test_where_the_weekend_is_friday_and_saturday_mail_waits_for_sunday() -> None:
    friday, sunday = berlin(20, 10), berlin(22, 9)
    assert OFFICE.next_open(friday, BERLIN, {4, 5}) == sunday


def test_the_hours_are_the_recipients() -> None:
    at = datetime(2026, 11, 16, 3, 30, tzinfo=UTC)  # 9:15 in Kathmandu, 4:30 in Berlin
    assert OFFICE.is_open(at, KATHMANDU)
    assert not OFFICE.is_open(at, BERLIN)


def test_the_hour_that_summer_time_skips_is_no_trouble() -> None:
    window = Window(2, 3)  # on 29 March 2026 there is no such hour in Berlin
    opens = window.next_open(berlin(28, 12, month=3), BERLIN)
    assert opens - berlin(28, 12, month=3) <= timedelta(hours=39)


@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns"]
    ),
    first=st.integers(4, 22),
    weekdays=st.booleans(),
)
def test_whatever_the_zone_it_opens_within_days_and_is_open_then(
    at: datetime, zone: str, first: int, weekdays: bool
) -> None:
    window, where = Window(first, first + 2, weekdays), ZoneInfo(zone)
    opens = window.next_open(at, where)
    assert at <= opens <= at + timedelta(days=4)
    assert window.is_open(opens, where)


def test_always_is_always() -> None:
    at = datetime(2026, 11, 16, 3, tzinfo=UTC)
    assert ALWAYS.next_open(at, BERLIN) == at


@pytest.mark.parametrize("words", ["", "9", "17-9", "9-25", "9-17 sundays", "-1-5", "9-9"])
def test_words_that_are_no_hours_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match="write one such as 7-21"):
        Window.parse(words)


def test_words_are_read() -> None:
    assert Window.parse("9-17 weekdays") == OFFICE
    assert Window.parse("0-24") == ALWAYS
    assert Cap.parse("3/7") == Cap(3, 7)
    assert Cap.parse("0") == NO_CAP
    for wrong in ("many", "many/7", "3/many"):
        with pytest.raises(ValueError, match="write 3/7"):
            Cap.parse(wrong)
    with pytest.raises(ValueError, match="write 3/7"):
        Cap.parse("3/0")


def test_an_unknown_zone_is_the_programs() -> None:
    assert zone_or("Mars/Olympus", BERLIN) is BERLIN
    assert zone_or("../etc/passwd", BERLIN) is BERLIN
    assert zone_or(None, BERLIN) is BERLIN
    assert zone_or("Asia/Kathmandu", BERLIN) == KATHMANDU


def test_a_cap_has_room_when_the_oldest_that_counts_has_aged() -> None:
    now = datetime(2026, 11, 16, 9, tzinfo=UTC)
    sent = [now - timedelta(days=days) for days in (1, 3, 6, 30)]
    assert Cap(4, 7).room_at(sent, now) == now
    assert Cap(3, 7).room_at(sent, now) == now + timedelta(days=1)
    assert Cap(1, 7).room_at(sent, now) == now + timedelta(days=6)
    assert NO_CAP.room_at(sent, now) == now
