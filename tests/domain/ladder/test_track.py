"""Days of a step: when it is due, how long it counts, what is news, what it stands for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partners.domain.ladder import track
from partners.domain.ladder.track import StepDays, StepState
from partners.domain.policy.sections.track_policy import TrackStep
from partners.domain.time.calendar import ProgramCalendar
from tests import builders

TODAY = date(2026, 11, 16)  # a Monday
BERLIN = ProgramCalendar(ZoneInfo("Europe/Berlin"), holidays={date(2026, 12, 25)})


def a_step(**settings: Any) -> TrackStep:
    return TrackStep.model_validate({"key": "exam", "label": "Exam", **settings})


@pytest.mark.parametrize(
    ("began_on", "days", "due"),
    [
        (date(2026, 11, 16), 0, date(2026, 11, 16)),
        (date(2026, 11, 16), 5, date(2026, 11, 23)),  # a Saturday: the next working day
        (date(2026, 1, 31), 28, date(2026, 3, 2)),  # over the end of February, on a Saturday
        (date(2028, 2, 1), 28, date(2028, 2, 29)),  # a leap day, a Tuesday
        (date(2026, 12, 1), 24, date(2026, 12, 28)),  # a holiday, then a weekend
        (date(2026, 3, 23), 7, date(2026, 3, 30)),  # clocks go forward on the Sunday between
        (date(2026, 10, 19), 7, date(2026, 10, 26)),  # and back
    ],
)
def test_rule_12_a_step_is_due_program_days_after_the_track_began_on_a_working_day(
    began_on: date, days: int, due: date
) -> None:
    assert track.due_on(a_step(due_days=days), began_on, BERLIN) == due


def test_a_step_without_days_is_never_due() -> None:
    assert track.due_on(a_step(), TODAY, BERLIN) is None


@pytest.mark.parametrize(
    ("done_on", "months", "expires"),
    [
        (date(2026, 11, 16), 12, date(2027, 11, 16)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 16), None, None),
    ],
)
def test_a_step_counts_whole_months_month_ends_clamped(
    done_on: date, months: int | None, expires: date | None
) -> None:
    assert track.expires_on(a_step(expires_months=months), done_on) == expires


@pytest.mark.parametrize(
    ("days", "stands"),
    [
        (StepDays(), StepState.TO_DO),
        (StepDays(due_on=TODAY), StepState.TO_DO),
        (StepDays(due_on=TODAY - timedelta(days=1)), StepState.OVERDUE),
        (StepDays(said_on=TODAY), StepState.WAITING),
        (StepDays(done_on=TODAY), StepState.DONE),
        (StepDays(done_on=TODAY, expires_on=TODAY + timedelta(days=31)), StepState.DONE),
        (StepDays(done_on=TODAY, expires_on=TODAY + timedelta(days=30)), StepState.EXPIRING),
        (StepDays(done_on=TODAY, expires_on=TODAY), StepState.EXPIRING),
        (StepDays(done_on=TODAY, expires_on=TODAY - timedelta(days=1)), StepState.EXPIRED),
        (StepDays(done_on=TODAY, said_on=TODAY, expires_on=TODAY), StepState.WAITING),
    ],
)
def test_where_a_step_stands(days: StepDays, stands: StepState) -> None:
    assert track.state(days, 30, TODAY) is stands


def test_what_waits_to_be_renewed_counts_until_it_expires() -> None:
    days = StepDays(said_on=TODAY, done_on=date(2025, 11, 16), expires_on=TODAY)
    assert days.counts_on(TODAY)
    assert not days.counts_on(TODAY + timedelta(days=1))
    assert not StepDays(said_on=TODAY).counts_on(TODAY)


@pytest.mark.parametrize(
    ("days", "day", "news"),
    [
        (StepDays(), TODAY, True),
        (StepDays(said_on=TODAY), TODAY, False),
        (StepDays(said_on=TODAY), TODAY - timedelta(days=1), True),  # said again, of another day
        (StepDays(done_on=TODAY), TODAY + timedelta(days=1), False),  # it does not expire
        (StepDays(done_on=TODAY, expires_on=TODAY), TODAY, False),
        (StepDays(done_on=TODAY, expires_on=TODAY), TODAY - timedelta(days=1), False),
        (StepDays(done_on=TODAY, expires_on=TODAY), TODAY + timedelta(days=1), True),
    ],
)
def test_only_a_newer_day_of_what_expires_is_news(days: StepDays, day: date, news: bool) -> None:
    assert track.is_news(days, day) is news


def test_people_who_appraised_it_as_not_met_go_before_an_earlier_certification() -> None:
    day = timedelta(days=1)
    assert track.stands_for_quality(TODAY, None)
    assert track.stands_for_quality(TODAY, TODAY - day)
    assert not track.stands_for_quality(TODAY, TODAY)
    assert not track.stands_for_quality(TODAY, TODAY + day)


def test_a_step_is_looked_for_in_the_tiers_track_then_where_it_began_then_anywhere() -> None:
    steps = [{"key": "exam", "label": "Exam"}]
    policy = builders.a_policy(
        tracks={name: {"label": name, "steps": steps} for name in ("one", "two")},
        tiers=[{"key": "bronze", "kind": "public"}, {"key": "silver", "kind": "preferred",
               "track": "two", "enter": {"orders_per_month": {"at_least": 1}}}],
    )  # fmt: skip
    assert track.tracks_of(policy, "exam", "silver", ["one"]) == ("two",)
    assert track.tracks_of(policy, "exam", "bronze", ["one"]) == ("one",)
    assert track.tracks_of(policy, "exam", None, []) == ("one", "two")
    assert track.tracks_of(policy, "other", "silver", []) == ()


def test_a_step_that_the_policy_has_no_more_keeps_a_name_and_is_not_reminded_of() -> None:
    policy = builders.a_policy()
    assert track.known_step(policy, "gone", "first_offer").label == "First offer"
    assert track.remind_days(policy, "gone", "first_offer") == 0
