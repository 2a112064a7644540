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
    why_no_pause,
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


def test_a_recovery_may_end_on_the_day_of_the_deadline() -> None:
    recovering = replace(USUAL, recovery_until=DEADLINE, verdict=Verdict.PASSING)
    assert prospects(recovering)["if nothing changes"] == ["2035-04-19: reinstated: keeps gold"]


def test_rule_07_a_recovery_that_would_end_after_the_deadline_leaves_it_to_the_decision() -> None:
    late = replace(USUAL, recovery_until=date(2035, 4, 20), verdict=Verdict.PASSING)
    assert prospects(late)["if nothing changes"] == [
        LAST_DAY,
        "2035-04-23: decision: reinstated: keeps gold",
    ]


def test_the_latest_recovery_that_reinstates_early_is_named() -> None:
    early = {
        "if the numbers recover by 2035-04-05": [
            "2035-04-19: reinstated, if it holds until then: keeps gold"
        ]
    }
    assert early.items() <= prospects().items()
    last_chance = replace(USUAL, today=date(2035, 4, 5))
    assert early.items() <= prospects(last_chance).items()
    assert "if the numbers recover by 2035-04-19" in prospects(
        replace(USUAL, today=date(2035, 4, 6))
    )


def test_a_later_recovery_is_decided_at_the_deadline_and_one_after_it_is_too_late() -> None:
    late = prospects(recover_by=date(2035, 4, 18))["if the numbers recover by 2035-04-18"]
    assert late == [*REMINDED, LAST_DAY, "2035-04-23: decision: reinstated: keeps gold"]
    last = prospects(recover_by=DEADLINE)["if the numbers recover by 2035-04-19"]
    assert last == late
    too_late = prospects(recover_by=date(2035, 4, 20))["if the numbers recover by 2035-04-20"]
    assert too_late == [*REMINDED, LAST_DAY, "2035-04-23: decision: moved to silver"]


def test_an_extension_moves_reminders_deadline_and_decision() -> None:
    assert prospects(extend_by=12)["if I extend by 12 days"] == [
        "2035-04-18: reminder, 14 days before the deadline",
        "2035-04-29: reminder, 3 days before the deadline",
        "2035-05-02: the deadline, the last day that counts",  # 1 May is a holiday
        "2035-05-06: decision: moved to silver",
    ]


@pytest.mark.parametrize(
    ("used", "assumed"),
    [
        (30, 14),  # two weeks
        (50, 10),  # what is left of the 60 days
        (60, 14),  # nothing is left: what a person could do beyond the policy
        (61, 14),
    ],
)
def test_the_extension_that_is_assumed_is_one_that_can_be_had(used: int, assumed: int) -> None:
    running = replace(USUAL, clock=replace(RUNNING, period_days=used))
    assert f"if I extend by {assumed} days" in prospects(running)


def test_an_extended_period_is_reminded_of_from_its_second_day_on() -> None:
    """A reminder on the day on which the period began would repeat the warning."""
    begun = replace(RUNNING, period_days=30)
    reminded = replace(USUAL, clock=begun, reminders=(42, 41, 3))
    steps = prospects(reminded, extend_by=12)["if I extend by 12 days"]
    assert [step for step in steps if "reminder" in step] == [
        "2035-03-22: reminder, 41 days before the deadline",  # not that of 42 days
        "2035-04-29: reminder, 3 days before the deadline",
    ]


def test_after_an_extension_a_reminder_may_be_due_today_but_not_yesterday() -> None:
    for today, reminders in ((date(2035, 4, 18), 2), (date(2035, 4, 19), 1)):
        steps = prospects(replace(USUAL, today=today), extend_by=12)["if I extend by 12 days"]
        assert len([step for step in steps if "reminder" in step]) == reminders


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
    fed_late = replace(until, hold=HoldReason.FEED)
    assert prospects(fed_late)["if nothing changes"] == ["nothing, until somebody resumes the case"]
    appealed = replace(held, appealed=True)
    assert "upholds or overturns" in prospects(appealed)["if nothing changes"][0]


def test_before_the_warning_is_accepted_no_clock_runs() -> None:
    opened = replace(USUAL, clock=Clock(CaseStatus.OPENED))
    assert prospects(opened) == {
        "if nothing changes": ["the grace period begins when the warning is accepted"]
    }


def test_a_case_that_is_being_decided_has_no_other_way_any_more() -> None:
    for status in (CaseStatus.DECIDING, CaseStatus.DECIDED):
        deciding = replace(USUAL, clock=replace(RUNNING, status=status))
        assert prospects(deciding) == {"if nothing changes": ["the case is being closed"]}


def test_on_the_day_of_the_deadline_everything_is_still_open() -> None:
    last_day = prospects(replace(USUAL, today=DEADLINE, pending=()))
    assert last_day["if nothing changes"] == [LAST_DAY, "2035-04-23: decision: moved to silver"]
    assert last_day["if the numbers recover by 2035-04-19"] == [
        LAST_DAY,
        "2035-04-23: decision: reinstated: keeps gold",
    ]
    assert "if I extend by 14 days" in last_day


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


def test_rule_12_a_pause_that_begins_when_the_deadline_has_passed_adds_nothing() -> None:
    over, later = CALENDAR.end_of(DEADLINE), CALENDAR.end_of(DEADLINE) + timedelta(days=10)
    assert resumed_deadline(CALENDAR, DEADLINE, over, later) == DEADLINE
    just_before = over - timedelta(seconds=1)
    assert resumed_deadline(CALENDAR, DEADLINE, just_before, later) > DEADLINE


def test_a_pause_that_ends_on_its_first_day_leaves_the_deadline_alone() -> None:
    """Also one that has become a holiday since: what partners were told stands."""
    holiday, paused_at = date(2035, 5, 1), datetime(2035, 4, 2, 8, tzinfo=UTC)
    now = paused_at + timedelta(hours=5)
    assert resumed_deadline(CALENDAR, holiday, paused_at, now) == holiday


@given(st.integers(-5, 90), st.integers(30, 60), st.booleans())
def test_rule_12_no_extension_beyond_60_days_unless_said(
    days: int, period: int, said: bool
) -> None:
    clock = Clock(CaseStatus.IN_GRACE, DEADLINE, period)
    why = why_no_extension(clock, days, CALENDAR, date(2035, 3, 10), said)
    assert (why is None) == (days >= 1 and (said or period + days <= 60))


@pytest.mark.parametrize(
    ("used", "left"), [(45, "15 more are left"), (60, "none are left"), (70, "none are left")]
)
def test_rule_12_a_refused_extension_says_how_many_days_are_left(used: int, left: str) -> None:
    clock = Clock(CaseStatus.IN_GRACE, DEADLINE, used)
    why = why_no_extension(clock, 16, CALENDAR, date(2035, 3, 10), False) or ""
    assert why.endswith(f"than the 60 that everybody may have ({left})")


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (CaseStatus.OPENED, "the warning has not been accepted"),
        (CaseStatus.ON_HOLD, "resume it first"),
    ],
)
def test_only_a_deadline_that_runs_can_be_extended(status: CaseStatus, why: str) -> None:
    clock = Clock(status, DEADLINE, 45)
    assert why in (why_no_extension(clock, 5, CALENDAR, date(2035, 3, 10), False) or "")


def test_an_extension_may_end_today_but_not_earlier() -> None:
    new = date(2035, 4, 20)
    assert why_no_extension(RUNNING, 1, CALENDAR, new, False) is None
    passed = why_no_extension(RUNNING, 1, CALENDAR, new + timedelta(days=1), False) or ""
    assert "2035-04-20, would have passed already" in passed


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


@pytest.mark.parametrize(("hours", "run_out"), [(-1, False), (0, True), (1, True)])
def test_rule_01_a_hold_after_the_grace_period_does_not_give_it_back(
    hours: int, run_out: bool
) -> None:
    since = CALENDAR.end_of(DEADLINE) + timedelta(hours=hours)
    held = Clock(CaseStatus.ON_HOLD, DEADLINE, 45, hold_since=since)
    why = why_no_removal(held, CALENDAR, since + timedelta(days=9), False)
    assert (why is None) == run_out


def test_a_case_whose_clock_stands_still_cannot_be_paused() -> None:
    today = date(2035, 3, 10)
    assert why_no_pause(CaseStatus.IN_GRACE, None, None, today) is None
    paused = why_no_pause(CaseStatus.ON_HOLD, HoldReason.PAUSED, None, today)
    assert paused == "the case is paused already: no clock runs"
    on_hold = why_no_pause(CaseStatus.ON_HOLD, HoldReason.FEED, None, today)
    assert on_hold == "the case is on hold (feed) already: no clock runs"


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
