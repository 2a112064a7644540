"""The schedules of the reviews: made once, updated, a person's pause kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from partners.domain.reviews.review import ReviewKind, period_on
from partners.temporal import schedules, staff_schedules
from tests import builders
from tests.servers import dev_server
from workflows.review import ProgramReview


async def test_setup_makes_three_schedules_and_keeps_a_persons_pause() -> None:
    policy = builders.a_policy(program={"time_zone": "Europe/Berlin"})
    async with dev_server() as env:
        made = await schedules.prepare(env.client, policy)
        assert made == [f"review-{kind} created" for kind in ("daily", "monthly", "quarterly")]
        monthly = env.client.get_schedule_handle("review-monthly")
        await monthly.pause(note="Ann: holidays")

        again = await schedules.prepare(
            env.client, builders.a_policy(program={"office_hour": 7}, feed={"settling_days": 5})
        )

        assert again == [
            "review-daily updated",
            "review-monthly updated (paused)",
            "review-quarterly updated",
        ]
        described = await monthly.describe()
        state, spec = described.schedule.state, described.schedule.spec
        assert (state.paused, state.note) == (True, "Ann: holidays")
        assert spec.time_zone_name == "UTC"
        (calendar,) = spec.calendars
        assert [r.start for r in calendar.day_of_month] == [6]
        assert [r.start for r in calendar.hour] == [7]


async def test_a_triggered_schedule_starts_a_review_that_knows_when_it_was_due() -> None:
    async with dev_server() as env:
        await schedules.prepare(env.client, builders.a_policy())
        daily = env.client.get_schedule_handle("review-daily")

        await daily.trigger()

        for _ in range(100):
            recent = (await daily.describe()).info.recent_actions
            if recent:
                break
        handle = env.client.get_workflow_handle(recent[0].action.workflow_id)
        started = await handle.describe()
        assert started.workflow_type == ProgramReview.__name__
        assert started.id.startswith("review/daily-")
        assert "TemporalScheduledStartTime" in {
            pair.key.name for pair in started.typed_search_attributes
        }


def test_no_schedule_is_at_an_hour_that_a_day_lacks() -> None:
    """Temporal would leave that day out."""
    policy = builders.a_policy(program={"time_zone": "Africa/Cairo", "office_hour": 0})
    due = [schedules.due(kind, policy) for kind in ReviewKind]
    assert [spec.hour[0].start for spec in due] == [1, 1, 1]
    chatham = builders.a_policy(program={"time_zone": "Pacific/Chatham"})
    [nightly] = schedules.reconciliation_schedule(chatham).spec.calendars
    assert nightly.hour[0].start == 4
    [digest] = staff_schedules.digest(policy).spec.calendars
    assert digest.hour[0].start == 1


@pytest.mark.parametrize("settling_days", range(32))
def test_every_month_is_reviewed_once_however_long_it_takes_to_settle(settling_days: int) -> None:
    policy = builders.a_policy(feed={"settling_days": settling_days})
    for kind, expected in ((ReviewKind.MONTHLY, 24), (ReviewKind.QUARTERLY, 8)):
        spec = schedules.due(kind, policy)
        days, months = ({r.start for r in part} for part in (spec.day_of_month, spec.month))
        reviewed = [
            period_on(kind, day, settling_days).name
            for day in (date(2027, 1, 1) + timedelta(days=n) for n in range(731))
            if day.day in days and day.month in months
        ]
        assert len(reviewed) == len(set(reviewed)) == expected


async def test_staff_schedules_are_made_once_and_the_sweep_only_where_somebody_is_told() -> None:
    policy = builders.a_policy(program={"time_zone": "Europe/Berlin", "office_hour": 8})
    async with dev_server() as env:
        assert await staff_schedules.prepare(env.client, policy, events=False) == [
            "track-watch created",
            "inbox-digest created",
            "incentives created",
        ]
        assert await staff_schedules.prepare(env.client, policy, events=True) == [
            "track-watch updated",
            "inbox-digest updated",
            "incentives updated",
            "webhook-sweep created",
        ]
        described = await env.client.get_schedule_handle("inbox-digest").describe()
        accrual = await env.client.get_schedule_handle("incentives").describe()
    [monthly] = accrual.schedule.spec.calendars
    assert [r.start for r in monthly.day_of_month] == [4]  # once the month before has settled
    (calendar,) = described.schedule.spec.calendars
    assert [r.start for r in calendar.hour] == [8]
    assert described.schedule.spec.time_zone_name == "Europe/Berlin"
