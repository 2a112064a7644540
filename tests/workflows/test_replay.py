"""Stored histories replay with today's workflow; and what replay does not catch.

When a replay fails, a case that is already running would fail too: see CONTRIBUTING, "change a
workflow that is already running". Record new histories with
`python -m tests.workflows.record_histories` (CONTRIBUTING says when).

`cancelled_in_a_command.before` is of a run that took the cancellation for a refusal and went on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, WorkflowRunner

from partners.bootstrap.workers import RUNNER
from partners.domain.cases.view import GracePeriodInput, GracePeriodResult
from tests.sandbox import REPLAYED
from tests.workflows.conftest import World
from tests.workflows.record_histories import HISTORIES, STORIES
from workflows.grace_period import GracePeriod
from workflows.kit import options

STORED = sorted(HISTORIES.glob("*.json"))


def stored(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("grace/acme", path.read_text())


def replayer(definition: type, runner: WorkflowRunner = RUNNER) -> Replayer:
    return Replayer(
        workflows=[definition],
        workflow_runner=runner,
        data_converter=pydantic_data_converter,
    )


def test_every_story_has_a_stored_history() -> None:
    assert {path.name.split(".")[0] for path in STORED} == set(STORIES)


@pytest.mark.parametrize("runner", REPLAYED)
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_replays(path: Path, runner: WorkflowRunner) -> None:
    await replayer(GracePeriod, runner).replay_workflow(stored(path))


@workflow.defn(name="GracePeriod")
class WithAnAddedTimer(GracePeriod):
    @workflow.init
    def __init__(self, request: GracePeriodInput) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: GracePeriodInput) -> GracePeriodResult:
        await workflow.sleep(timedelta(seconds=1))
        return await super().run(request)


@workflow.defn(name="GracePeriod")
class WithAnAddedActivity(GracePeriod):
    @workflow.init
    def __init__(self, request: GracePeriodInput) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: GracePeriodInput) -> GracePeriodResult:
        await workflow.execute_activity(
            "added", task_queue=options.TASK_QUEUE, start_to_close_timeout=options.STEP_TIMEOUT
        )
        return await super().run(request)


@workflow.defn(name="GracePeriod")
class WithAnAddedAttribute(GracePeriod):
    @workflow.init
    def __init__(self, request: GracePeriodInput) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: GracePeriodInput) -> GracePeriodResult:
        workflow.upsert_search_attributes([options.REVIEW_PERIOD.value_set("2035-02")])
        return await super().run(request)


@workflow.defn(name="GracePeriod")
class WithATimerBeforeTheEnd(GracePeriod):
    @workflow.init
    def __init__(self, request: GracePeriodInput) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: GracePeriodInput) -> GracePeriodResult:
        return await super().run(request)

    async def _tell_and_close(self) -> None:
        await workflow.sleep(timedelta(days=1))
        await super()._tell_and_close()


@workflow.defn(name="GracePeriod")
class Unchanged(GracePeriod):
    """Shows that the others fail for their added command, not for being subclasses."""

    @workflow.init
    def __init__(self, request: GracePeriodInput) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: GracePeriodInput) -> GracePeriodResult:
        return await super().run(request)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "changed",
    [WithAnAddedTimer, WithAnAddedActivity, WithAnAddedAttribute],
    ids=lambda c: c.__name__,
)
async def test_a_workflow_with_an_added_command_fails_the_replay(changed: type, path: Path) -> None:
    with pytest.raises(workflow.NondeterminismError):
        await replayer(changed).replay_workflow(stored(path))


async def test_a_command_added_at_the_very_end_fails_the_replay_too() -> None:
    history = stored(HISTORIES / "removed_with_two_reminders.json")
    with pytest.raises(workflow.NondeterminismError):
        await replayer(WithATimerBeforeTheEnd).replay_workflow(history)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_subclass_without_an_added_command_replays(path: Path) -> None:
    await replayer(Unchanged).replay_workflow(stored(path))


# ---- what replay does not catch: how long timers run, and what summaries say ----


def _summary(event: HistoryEvent) -> str:
    return pydantic_data_converter.payload_converter.from_payload(event.user_metadata.summary, str)


def _rings_at(event: HistoryEvent) -> datetime:
    """When a timer fires, to the nearest second."""
    length = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
    at = event.event_time.ToDatetime(UTC) + length
    return (at + timedelta(seconds=0.5)).replace(microsecond=0)


async def timeline(world: World) -> list[tuple[str, datetime | None]]:
    """The summaries of activities and timers in order; of timers, also when they fire."""
    found: list[tuple[str, datetime | None]] = []
    handle = world.client.get_workflow_handle(options.grace_workflow_id("acme"))
    async for event in handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            found.append((_summary(event), None))
        elif event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            found.append((_summary(event), _rings_at(event)))
    return found


async def test_the_timeline_of_a_removal_in_the_managers_words_and_to_the_second(
    world: World,
) -> None:
    await STORIES["removed_with_two_reminders"](world)

    assert await timeline(world) == [
        ("check against the standards", None),
        ("e-mail: warning: 6 orders a month, 10 required", None),
        ("grace period until 2035-04-19", datetime(2035, 4, 20, tzinfo=UTC)),
        (
            "reminder on 2035-04-05, 14 days before the deadline",
            datetime(2035, 4, 5, 9, tzinfo=UTC),
        ),
        (
            "reminder on 2035-04-16, 3 days before the deadline",
            datetime(2035, 4, 16, 9, tzinfo=UTC),
        ),
        ("e-mail: reminder, 14 days before the deadline", None),
        ("e-mail: reminder, 3 days before the deadline", None),
        (
            "orders until 2035-04-19 settle; decision on 2035-04-23",
            datetime(2035, 4, 23, 9, tzinfo=UTC),
        ),
        ("decide", None),
        ("remove: update the lists", None),
        ("e-mail: removal", None),
        ("close: removed", None),
    ]


async def test_the_recovery_hold_runs_for_14_days_beside_the_grace_period(world: World) -> None:
    await STORIES["recovered_early"](world)

    timers = {summary: at for summary, at in await timeline(world) if at is not None}

    recovering = timers["recovering: reinstated 2035-04-08 if it holds"]
    assert recovering.date() == datetime(2035, 4, 8, tzinfo=UTC).date()
    assert timers["grace period until 2035-04-19"] == datetime(2035, 4, 20, tzinfo=UTC)
