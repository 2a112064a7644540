"""A worker is killed at the deadline, or is away over it: one outcome, the right one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from partners.domain.cases.view import GracePeriodResult
from tests.crash.conftest import CrashWorld
from tests.workflows.conftest import START
from workflows.grace_period import GracePeriod

DECISION = datetime(2035, 4, 23, 9, 1, tzinfo=UTC)  # just after the decision is due
DAY = timedelta(days=1)
FAST = 0.1  # seconds a day


@pytest.mark.parametrize(
    "point",
    ["before decide_case", "after decide_case", "before apply_outcome", "after apply_outcome"],
)
async def test_a_worker_killed_at_the_deadline(world: CrashWorld, point: str) -> None:
    first = world.worker(die=point)
    handle = await world.start()
    await world.status("in_grace")
    await world.leap(DECISION)
    await world.killed(first)

    world.worker()
    result = await handle.result()

    assert result.outcome == "removed"
    world.assert_once("warning", "removal", outcome="removed")
    assert world.handed_over() == ["warning", "removal"]
    assert len(world.steps("decided")) == 1


async def away_over_the_deadline(
    world: CrashWorld,
) -> WorkflowHandle[GracePeriod, GracePeriodResult]:
    """Warn a partner, kill the worker, and let the deadline's timer fire and its decision pass."""
    world.accept(grace={"days": 30, "reminders": ()})
    worker = world.worker()
    await world.ready(worker)
    world.set_clock(START, FAST)
    handle = await world.start()
    await world.status("in_grace")
    await world.history_has(EventType.EVENT_TYPE_TIMER_STARTED)
    world.kill(worker)
    deadline = world.case().deadline
    assert deadline is not None
    await world.history_has(EventType.EVENT_TYPE_TIMER_FIRED)
    await world.passes(datetime(deadline.year, deadline.month, deadline.day, tzinfo=UTC) + 5 * DAY)
    assert world.case().status == "in_grace"
    return handle


async def test_rule_17_numbers_that_recover_after_the_deadline_do_not_save_whoever_is_told_late(
    world: CrashWorld,
) -> None:
    """The signal is in the history before the worker sees that the timer has fired (rule 17)."""
    handle = await away_over_the_deadline(world)
    deadline = world.case().deadline
    assert deadline is not None
    world.orders(deadline + DAY, deadline + 10 * DAY, 60)
    await world.look()

    world.worker()
    result = await handle.result()

    assert (result.outcome, result.deadline) == ("removed", deadline)
    world.assert_once("warning", "removal", outcome="removed")


async def test_numbers_that_had_recovered_by_the_deadline_count_when_they_are_told_late(
    world: CrashWorld,
) -> None:
    handle = await away_over_the_deadline(world)
    deadline = world.case().deadline
    assert deadline is not None
    world.orders(deadline - 20 * DAY, deadline, 60)
    await world.look()

    world.worker()
    result = await handle.result()

    assert (result.outcome, result.deadline) == ("reinstated", deadline)
    world.assert_once("warning", "recovered", outcome="reinstated")


async def test_a_deadline_that_passes_without_a_worker_is_decided_when_one_comes(
    world: CrashWorld,
) -> None:
    handle = await away_over_the_deadline(world)

    world.worker()
    result = await handle.result()

    assert result.outcome == "removed"
    world.assert_once("warning", "removal", outcome="removed")
