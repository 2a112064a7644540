"""The rolling window against a naive model that looks at every day by itself."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.referrals.referral_window import Goal, progress, qualifying_day

START = date(2026, 1, 1)


def day(n: int) -> date:
    return START + timedelta(days=n)


def naive(days: list[date], goal: Goal, since: date, today: date) -> date | None:
    """The first day on which the window that ends on it holds enough: day by day."""
    look = since
    while look <= today:
        inside = [d for d in days if look - timedelta(days=goal.window_days) < d <= look]
        if len(inside) >= goal.successes:
            return look
        look += timedelta(days=1)
    return None


purchases = st.lists(st.integers(0, 120).map(day), max_size=25)
goals = st.builds(Goal, st.integers(1, 6), st.integers(1, 60))


@given(purchases, goals, st.integers(0, 60), st.integers(0, 140))
def test_rule_the_window_is_rolling(days: list[date], goal: Goal, since: int, today: int) -> None:
    assert qualifying_day(days, goal, day(since), day(today)) == naive(
        days, goal, day(since), day(today)
    )


@given(purchases, goals, st.integers(0, 140))
def test_progress_counts_today_and_the_days_before(
    days: list[date], goal: Goal, today: int
) -> None:
    found = progress(days, goal, START, day(today))
    inside = [d for d in days if day(today) - timedelta(days=goal.window_days) < d <= day(today)]
    assert found.count == len(inside)
    assert found.oldest == min(inside, default=None)
    if found.oldest is not None:
        assert found.expires_on is not None
        day_before = found.expires_on - timedelta(days=1)
        assert progress([found.oldest], goal, START, day_before).count == 1
        assert progress([found.oldest], goal, START, found.expires_on).count == 0


def test_rule_a_success_counts_from_its_purchase_date_not_from_when_we_heard() -> None:
    """Three purchases in March, the last one reported in June: March's window held enough."""
    days = [day(60), day(65), day(70)]
    goal = Goal(3, 15)
    assert qualifying_day(days[:2], goal, START, day(150)) is None
    assert qualifying_day(days, goal, START, day(150)) == day(70)


def test_the_window_includes_both_its_ends() -> None:
    goal = Goal(2, 10)
    assert qualifying_day([day(0), day(9)], goal, START, day(9)) == day(9)
    assert qualifying_day([day(0), day(10)], goal, START, day(10)) is None


def test_progress_in_numbers() -> None:
    found = progress([day(3), day(5), day(8)], Goal(5, 30), START, day(10))
    assert (found.count, found.needed, found.missing) == (3, 5, 2)
    assert (found.act_by, found.expires_on) == (day(32), day(33))


def test_windows_that_ended_before_do_not_count_again() -> None:
    """After a decline only windows that end later count; their purchases may be older."""
    goal = Goal(2, 10)
    days = [day(0), day(4), day(20)]
    assert qualifying_day(days, goal, day(9), day(40)) == day(9)
    assert qualifying_day(days, goal, day(10), day(40)) is None
