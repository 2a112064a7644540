"""How far a command may reach: the last that is allowed is, the next is refused with the reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from partners.domain.overrides.override import (
    LONGEST_WORDS,
    MOST_DAYS,
    last_allowed,
    why_no_last_day,
    why_past,
    why_too_far,
    why_too_many_days,
    why_unsigned,
)

TODAY = date(2035, 3, 5)
FURTHEST = date(2040, 3, 5)
ONE_DAY = timedelta(days=1)
MOST = "a" * LONGEST_WORDS


def test_a_deadline_moves_by_one_day_at_least_and_a_year_at_most() -> None:
    assert [why_too_many_days(days) for days in (1, MOST_DAYS)] == [None, None]
    assert "1 day or more" in (why_too_many_days(0) or "")
    assert "give 366 or fewer" in (why_too_many_days(MOST_DAYS + 1) or "")


def test_a_day_may_be_five_years_ahead() -> None:
    assert last_allowed(TODAY) == FURTHEST
    assert [why_too_far(day, TODAY) for day in (None, TODAY, FURTHEST)] == [None, None, None]
    assert "the furthest is 2040-03-05" in (why_too_far(FURTHEST + ONE_DAY, TODAY) or "")


def test_a_last_day_is_today_or_later_or_none_at_all() -> None:
    assert [why_past(day, TODAY) for day in (None, TODAY)] == [None, None]
    yesterday = TODAY - ONE_DAY
    assert why_past(yesterday, TODAY) == "2035-03-04 has passed; name a last day from 2035-03-05 on"
    assert why_no_last_day(yesterday, TODAY) == why_past(yesterday, TODAY)
    assert why_no_last_day(FURTHEST + ONE_DAY, TODAY) == why_too_far(FURTHEST + ONE_DAY, TODAY)
    assert why_no_last_day(TODAY, TODAY) is None


@pytest.mark.parametrize(("who", "reason"), [(" ", "why"), ("Ann", " ")])
def test_rule_16_who_and_why_are_said(who: str, reason: str) -> None:
    assert why_unsigned(who, reason) == "say who you are and why"


@pytest.mark.parametrize("odd", ["a\0", "a" + chr(0xD800), chr(0xDFFF)])
def test_words_that_no_database_keeps_are_refused(odd: str) -> None:
    assert "plain text" in (why_unsigned(odd, "why") or "")
    assert "plain text" in (why_unsigned("Ann", odd) or "")


def test_words_may_be_long_but_not_endless() -> None:
    assert why_unsigned(MOST, MOST) is None
    assert why_unsigned(MOST + "a", "why") == why_unsigned("Ann", MOST + "a")
    assert f"{LONGEST_WORDS} characters" in (why_unsigned("Ann", MOST + "a") or "")
    assert why_unsigned("Ann", "\ud7ff and \ue000") is None
