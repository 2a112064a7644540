"""What comes next, under each assumption; and the rules of commands that the outlook shares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.cases.commands import (
    Clock,
    Lowering,
    later_deadline,
    resumed_deadline,
    why_no_appeal,
    why_no_extension,
    why_no_removal,
    why_no_waiver,
)
from partners.domain.cases.outlook import Facts, outlook
from partners.domain.judging.assessment import Verdict
from partners.domain.time.calendar import ProgramCalendar

CALENDAR = ProgramCalendar(ZoneInfo("Europe/Berlin"), frozenset({date(2035, 5, 1)}))
DEADLINE = date(2035, 4, 19)  # a Thursday
RUNNING = Clock(CaseStatus.IN_GRACE, DEADLINE, 45)
USUAL = Facts(
    clock=RUNNING,
    today=date(2035, 3, 10),
    tier="gold",
    below="silver",
    verdict=Verdict.BELOW,
    settling_days=3,
    recovery_hold_days=14,
    reminders=(14, 3),
    pending=(date(2035, 4, 5), date(2035, 4, 16)),
)
REMINDED = [
    "2035-04-05: reminder, 14 days before the deadline",
    "2035-04-16: reminder, 3 days before the deadline",
]
LAST_DAY = "2035-04-19: the deadline, the last day that counts"


def prospects(facts: Facts = USUAL, **what: Any) -> dict[str, list[str]]:
    return {p.condition: list(p.steps) for p in outlook(facts, CALENDAR, **what)}


def test_if_nothing_changes_the_reminders_the_deadline_and_the_decision_come() -> None:
    assert prospects()["if nothing changes"] == [
        *REMINDED,
        LAST_DAY,
        "2035-04-23: decision: moved to silver",
    ]


def test_out_of_the_program_where_no_tier_is_below() -> None:
    steps = prospects(replace(USUAL, below=None))["if nothing changes"]
    assert steps[-1] == "2035-04-23: decision: out of the program"


def test_cured_numbers_are_not_reminded_of() -> None:
    steps = prospects(replace(USUAL, verdict=Verdict.PASSING))["if nothing changes"]
    assert steps == [LAST_DAY, "2035-04-23: decision: reinstated: keeps gold"]


def test_a_running_recovery_ends_the_case_before_the_deadline() -> None:
    recovering = replace(USUAL, recovery_until=date(2035, 4, 8), verdict=Verdict.PASSING)
    assert prospects(recovering)["if nothing changes"] == ["2035-04-08: reinstated: keeps gold"]


def test_the_latest_recovery_that_reinstates_early_is_named() -> None:
    assert prospects()["if the numbers recover by 2035-04-05"] == [
        "2035-04-19: reinstated, if it holds until then: keeps gold"
    ]


def test_a_later_recovery_is_decided_at_the_deadline_and_one_after_it_is_too_late() -> None:
    late = prospects(recover_by=date(2035, 4, 18))["if the numbers recover by 2035-04-18"]
    assert late == [*REMINDED, LAST_DAY, "2035-04-23: decision: reinstated: keeps gold"]
    too_late = prospects(recover_by=date(2035, 4, 20))["if the numbers recover by 2035-04-20"]
    assert too_late == [*REMINDED, LAST_DAY, "2035-04-23: decision: moved to silver"]


def test_an_extension_moves_reminders_deadline_and_decision() -> None:
    assert prospects(extend_by=12)["if I extend by 12 days"] == [
        "2035-04-18: reminder, 14 days before the deadline",
        "2035-04-29: reminder, 3 days before the deadline",
        "2035-05-02: the deadline, the last day that counts",  # 1 May is a holiday
        "2035-05-06: decision: moved to silver",
    ]


def test_an_extension_that_would_be_refused_says_so() -> None:
    first, *_ = prospects(extend_by=20)["if I extend by 20 days"]
    assert first.startswith("refused: 65 days of grace are more than the 60")


def test_on_hold_only_what_ends_the_hold_comes() -> None:
    held = replace(USUAL, clock=Clock(CaseStatus.ON_HOLD, DEADLINE, 45), hold=HoldReason.PAUSED)
    assert prospects(held) == {"if nothing changes": ["nothing, until somebody resumes the case"]}
    until = replace(held, resumes_after=date(2035, 3, 31))
    assert prospects(until)["if nothing changes"] == [
        "2035-04-01: the pause is over; the deadline moves later by its length"
    ]
    appealed = replace(held, appealed=True)
    assert "upholds or overturns" in prospects(appealed)["if nothing changes"][0]


def test_after_the_deadline_only_the_decision_is_left() -> None:
    settling = replace(USUAL, today=date(2035, 4, 20), pending=())
    assert prospects(settling) == {"if nothing changes": ["2035-04-23: decision: moved to silver"]}


# ---- the rules ----


@given(st.dates(date(2030, 1, 1), date(2040, 1, 1)), st.integers(1, 60))
def test_rule_12_a_later_deadline_is_later_and_a_working_day(day: date, days: int) -> None:
    later = later_deadline(CALENDAR, day, days)
    assert later >= day + timedelta(days=days)
    assert CALENDAR.is_working_day(later)


@given(st.integers(0, 90), st.integers(0, 400))
def test_rule_12_a_pause_never_moves_a_deadline_earlier(began: int, length: int) -> None:
    paused_at = datetime(2035, 3, 5, 12, tzinfo=UTC) + timedelta(days=began)
    now = paused_at + timedelta(days=length)
    resumed = resumed_deadline(CALENDAR, DEADLINE, paused_at, now)
    if paused_at >= CALENDAR.end_of(DEADLINE):
        assert resumed == DEADLINE
    else:
        assert resumed >= DEADLINE + (CALENDAR.day_of(now) - CALENDAR.day_of(paused_at))


@given(st.integers(-5, 90), st.integers(30, 60), st.booleans())
def test_rule_12_no_extension_beyond_60_days_unless_said(
    days: int, period: int, said: bool
) -> None:
    clock = Clock(CaseStatus.IN_GRACE, DEADLINE, period)
    why = why_no_extension(clock, days, CALENDAR, date(2035, 3, 10), said)
    assert (why is None) == (days >= 1 and (said or period + days <= 60))


def test_a_final_notice_counts_the_grace_before_it() -> None:
    final = Clock(CaseStatus.IN_GRACE, DEADLINE, 14, before_days=45)
    assert why_no_extension(final, 1, CALENDAR, date(2035, 4, 10), False) is None
    assert why_no_extension(final, 2, CALENDAR, date(2035, 4, 10), False) is not None


@given(st.integers(-40, 40))
def test_rule_01_no_removal_before_the_grace_period_has_run_out(hours: int) -> None:
    now = CALENDAR.end_of(DEADLINE) + timedelta(hours=hours)
    assert (why_no_removal(RUNNING, CALENDAR, now, False) is None) == (hours >= 0)
    assert why_no_removal(RUNNING, CALENDAR, now, True) is None


def test_rule_01_a_clock_that_stands_still_has_not_run_out() -> None:
    stopped = Clock(CaseStatus.ON_HOLD, DEADLINE, 45, hold_since=datetime(2035, 4, 1, tzinfo=UTC))
    assert why_no_removal(stopped, CALENDAR, datetime(2036, 1, 1, tzinfo=UTC), False) is not None


@pytest.mark.parametrize(
    ("until", "held", "why"),
    [
        (None, None, "needs its last day"),
        (date(2035, 3, 9), None, "has passed"),
        (date(2035, 3, 31), date(2035, 3, 31), "in force until 2035-03-31 already"),
        (date(2035, 4, 1), date(2035, 3, 31), None),
        (date(2035, 3, 10), None, None),
    ],
)
def test_a_waiver_needs_a_last_day_to_come(until: date | None, held: date | None, why: str) -> None:
    refused = why_no_waiver(until, held, date(2035, 3, 10))
    assert (refused is None) == (why is None)
    assert why is None or why in (refused or "")


def test_a_removal_can_be_appealed_against_for_30_days() -> None:
    removed = Lowering("gold", None, date(2035, 3, 1))
    assert why_no_appeal(removed, 30, date(2035, 3, 31)) is None
    assert "until 2035-03-31" in (why_no_appeal(removed, 30, date(2035, 4, 1)) or "")
    assert "nothing to appeal" in (why_no_appeal(None, 30, date(2035, 4, 1)) or "")
