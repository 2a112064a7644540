"""Which period a review is about, and what people may ask for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.cases.case import NotOpened
from partners.domain.judging.assessment import Verdict
from partners.domain.reviews.review import (
    Action,
    PeriodError,
    ReviewKind,
    action_on,
    is_stale,
    parse_period,
    period_on,
    settles_on,
)
from partners.domain.time.calendar import Month

SETTLING = 3
NOT_ENDED = "has not ended; it can be reviewed from"


@pytest.mark.parametrize(
    ("kind", "day", "review_id", "month"),
    [
        (ReviewKind.MONTHLY, date(2026, 11, 4), "monthly/2026-10", Month(2026, 10)),
        (ReviewKind.MONTHLY, date(2026, 11, 3), "monthly/2026-09", Month(2026, 9)),
        (ReviewKind.MONTHLY, date(2026, 12, 3), "monthly/2026-10", Month(2026, 10)),
        (ReviewKind.DAILY, date(2026, 11, 22), "daily/2026-11-22", Month(2026, 10)),
        (ReviewKind.QUARTERLY, date(2026, 10, 4), "quarterly/2026-Q3", Month(2026, 9)),
        (ReviewKind.QUARTERLY, date(2026, 10, 3), "quarterly/2026-Q2", Month(2026, 6)),
        (ReviewKind.QUARTERLY, date(2027, 1, 3), "quarterly/2026-Q3", Month(2026, 9)),
        (ReviewKind.QUARTERLY, date(2027, 1, 4), "quarterly/2026-Q4", Month(2026, 12)),
    ],
)
def test_the_period_follows_from_the_day_on_which_the_review_was_due(
    kind: ReviewKind, day: date, review_id: str, month: Month
) -> None:
    period = period_on(kind, day, SETTLING)

    assert (period.review_id, period.month) == (review_id, month)


@given(
    st.sampled_from(ReviewKind), st.dates(date(2001, 1, 1), date(2100, 1, 1)), st.integers(0, 31)
)
def test_a_person_may_ask_for_what_a_schedule_would_review(
    kind: ReviewKind, day: date, settling: int
) -> None:
    due = period_on(kind, day, settling)

    assert parse_period(kind, due.name, day, settling) == due


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (ReviewKind.MONTHLY, "2026-11", f"2026-11 {NOT_ENDED} 2026-12-04 on"),
        (ReviewKind.MONTHLY, "2026-10", "2026-10 has not settled before 2026-11-04"),
        (ReviewKind.MONTHLY, "2026-13", "'2026-13' is no month; write one such as 2026-10"),
        (ReviewKind.MONTHLY, "October", "'October' is no month; write one such as 2026-10"),
        (ReviewKind.QUARTERLY, "2026-Q5", "'2026-Q5' is no quarter; write one such as 2026-Q3"),
        (ReviewKind.QUARTERLY, "2026-Q4", f"2026-Q4 {NOT_ENDED} 2027-01-04 on"),
        (
            ReviewKind.DAILY,
            "2026-11-09",
            "2026-11-09 has not come yet; name a day until 2026-11-03",
        ),
        (ReviewKind.DAILY, "soon", "'soon' is no day; write one such as 2026-11-03"),
    ],
)
def test_a_period_that_cannot_be_reviewed_is_refused_with_the_reason(
    kind: ReviewKind, text: str, message: str
) -> None:
    with pytest.raises(PeriodError) as refused:
        parse_period(kind, text, date(2026, 11, 3), SETTLING)

    assert str(refused.value) == message


def test_a_month_may_be_judged_from_the_day_on_which_it_has_settled() -> None:
    assert settles_on(Month(2026, 10), SETTLING) == date(2026, 11, 4)
    assert (
        parse_period(ReviewKind.MONTHLY, "2026-10", date(2026, 11, 4), SETTLING).month.month == 10
    )


def test_only_a_partner_who_is_below_and_has_no_case_gets_one() -> None:
    assert action_on(Verdict.BELOW, None, has_open_case=False) is Action.CASE
    assert action_on(Verdict.BELOW, None, has_open_case=True) is Action.NONE
    assert action_on(Verdict.BELOW, NotOpened.MONTH_TOO_EARLY, False) is Action.NONE
    assert action_on(Verdict.INSUFFICIENT, None, has_open_case=False) is Action.NONE
    assert action_on(Verdict.PASSING, None, has_open_case=False) is Action.NONE


def test_a_feed_that_covers_nothing_is_stale() -> None:
    assert is_stale(None, 3)
    assert is_stale(4, 3)
    assert not is_stale(3, 3)


def test_a_month_has_not_ended_on_its_last_day() -> None:
    last_day = date(2026, 10, 31)
    with pytest.raises(PeriodError, match="has not ended"):
        parse_period(ReviewKind.MONTHLY, "2026-10", last_day, SETTLING)
    with pytest.raises(PeriodError, match="has not settled"):
        parse_period(ReviewKind.MONTHLY, "2026-10", last_day + timedelta(days=1), SETTLING)


def test_windows_reach_back_from_a_period_so_the_first_month_of_all_is_too_long_ago() -> None:
    with pytest.raises(PeriodError, match="1970-01 is too long ago"):
        parse_period(ReviewKind.MONTHLY, "1970-01", date(2026, 11, 3), SETTLING)
    assert parse_period(ReviewKind.MONTHLY, "1970-02", date(2026, 11, 3), SETTLING)
