"""Runs that are terminated, cancelled or started twice, and workers that are many."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from partners.domain.cases.view import GracePeriodInput, GracePeriodResult
from tests.crash.conftest import CrashWorld
from workflows.grace_period import GracePeriod
from workflows.kit.options import TASK_QUEUE, grace_workflow_id

DECISION = datetime(2035, 4, 23, 9, 1, tzinfo=UTC)  # just after the decision is due
FIRST_REMINDER = datetime(2035, 4, 5, 10, tzinfo=UTC)  # an hour after it is due
SECOND_REMINDER = datetime(2035, 4, 16, 10, tzinfo=UTC)


async def test_a_run_terminated_in_mid_grace_and_started_anew_goes_on_with_the_case(
    world: CrashWorld,
) -> None:
    world.worker()
    handle = await world.start()
    await world.status("in_grace")
    await world.leap(FIRST_REMINDER)
    await world.eventually(lambda: len(world.kinds()) == 2, "the reminder is sent")
    before = world.case()
    await handle.terminate()

    again = await world.start()
    await world.leap(SECOND_REMINDER)
    await world.eventually(lambda: len(world.kinds()) == 3, "the second reminder is sent")
    after = world.case()
    await world.leap(DECISION)
    result = await again.result()

    assert again.first_execution_run_id != handle.first_execution_run_id
    assert (after.case_id, after.deadline) == (before.case_id, before.deadline)
    assert (after.warned_at, after.opened_at) == (before.warned_at, before.opened_at)
    assert result.outcome == "removed"
    world.assert_once("warning", "reminder", "reminder", "removal", outcome="removed")
    assert world.handed_over() == ["warning", "reminder", "reminder", "removal"]


async def test_a_run_terminated_before_the_partner_is_told_tells_them_when_started_anew(
    world: CrashWorld,
) -> None:
    first = world.worker(die="before send removal")
    handle = await world.start()
    await world.status("in_grace")
    await world.leap(DECISION)
    await world.killed(first)
    assert world.case().status == "decided"
    await handle.terminate()

    again = await world.start()
    world.worker()
    result = await again.result()

    assert result.outcome == "removed"
    world.assert_once("warning", "removal", outcome="removed")


async def test_cancelling_voids_the_case_and_tells_nobody(world: CrashWorld) -> None:
    world.worker()
    handle = await world.start()
    await world.status("in_grace")

    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()

    world.assert_once("warning", outcome="voided")
    assert world.row().tier == "preferred"


async def test_started_twice_at_once_opens_one_case(world: CrashWorld) -> None:
    async def start() -> WorkflowHandle[GracePeriod, GracePeriodResult]:
        return await world.client.start_workflow(
            GracePeriod.run,
            GracePeriodInput("acme"),
            id=grace_workflow_id("acme"),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )

    world.worker()
    one, other = await asyncio.gather(start(), start())
    await world.status("in_grace")
    await world.leap(DECISION)
    results = await asyncio.gather(one.result(), other.result())

    assert one.first_execution_run_id == other.first_execution_run_id
    assert results[0] == results[1]
    world.assert_once("warning", "removal", outcome="removed")


async def test_two_workers_of_which_one_is_killed_do_everything_once(world: CrashWorld) -> None:
    partners = ["acme", "birch", "cedar", "dogwood"]
    for partner_id in partners[1:]:
        world.too_few_orders(partner_id)
    world.covered()
    workers = [world.worker(die="after warning") for _ in range(2)]  # whoever comes to it first
    for worker in workers:
        await world.ready(worker)

    handles = [await world.start(partner_id) for partner_id in partners]
    for partner_id in partners:
        await world.status("in_grace", partner_id)
    await world.leap(DECISION, *partners)
    results = await asyncio.gather(*(handle.result() for handle in handles))

    assert sorted(str(worker.exitcode) for worker in workers) == ["-9", "None"]
    assert [result.outcome for result in results] == ["removed"] * 4
    for partner_id in partners:
        world.assert_once("warning", "removal", outcome="removed", partner_id=partner_id)
