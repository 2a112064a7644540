"""A step that fails again and again is noted for a person, until it succeeds."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    UnsandboxedWorkflowRunner,
    Worker,
)

from activities.inbox.inbox import inbox
from partners.domain.inbox.inbox import InboxItem
from partners.domain.time.clock import ProgramClock
from partners.store.engine.database import Database
from partners.temporal import failing
from partners.temporal.failing import FailingSteps
from tests.servers import dev_server

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)


class _Step(ActivityInboundInterceptor):
    """A step that raises, or returns."""

    def __init__(self, error: BaseException | None) -> None:
        self._error = error

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        if self._error is not None:
            raise self._error


async def attempt(database: Database, number: int, error: BaseException | None = None) -> None:
    """One attempt at a step of acme's case, as the worker makes it."""
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info, attempt=number, workflow_id="grace/acme", activity_type="assess_case"
    )
    noting = FailingSteps(database, ProgramClock()).intercept_activity(_Step(error))

    async def run() -> None:
        await noting.execute_activity(ExecuteActivityInput(lambda: None, [], None, {}))

    if error is None:
        await environment.run(run)
        return
    with pytest.raises(type(error)):
        await environment.run(run)


def waiting(database: Database) -> list[InboxItem]:
    return [item for item in inbox(database, NOW) if item.kind == "step"]


async def test_a_step_that_failed_20_times_is_in_the_inbox_until_it_succeeds(
    database: Database,
) -> None:
    wrong = OverflowError("Jane Doe of 5 Quay Street")
    await attempt(database, 19, wrong)
    assert waiting(database) == []

    await attempt(database, 20, wrong)
    await attempt(database, 21, wrong)
    (item,) = waiting(database)
    assert item.about == "grace/acme"
    assert item.why == "assess case has failed 21 times (OverflowError); a worker's log says why"
    assert item.command == "temporal workflow describe --workflow-id grace/acme"

    await attempt(database, 22)
    assert waiting(database) == []


async def test_a_step_that_only_ever_times_out_is_in_the_inbox_too(database: Database) -> None:
    over = asyncio.CancelledError()  # all that is left for an attempt whose time is up
    await attempt(database, 20, over)
    assert waiting(database) == []  # it runs, for all that is known

    await attempt(database, 21, over)
    (item,) = waiting(database)
    assert item.why == "assess case has failed 20 times (it timed out, or its worker died)"

    await attempt(database, 22, ValueError())
    assert "22 times (ValueError)" in waiting(database)[0].why
    await attempt(database, 23, over)
    assert "22 times (ValueError)" in waiting(database)[0].why
    await attempt(database, 24)
    assert waiting(database) == []


async def test_what_is_raised_to_be_tried_again_is_not_noted(database: Database) -> None:
    for number in (39, 40):
        await attempt(database, number, ApplicationError("no answer", type="NotDelivered"))
        assert waiting(database) == []


async def test_a_step_that_is_refused_at_last_leaves_the_inbox(database: Database) -> None:
    await attempt(database, 20, ValueError())
    await attempt(database, 21, ApplicationError("refused", non_retryable=True))
    assert waiting(database) == []


async def test_a_database_that_cannot_be_written_hides_no_error(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OperationalError("BEGIN", {}, Exception("disk full"))

    monkeypatch.setattr(database, "write", broken)
    await attempt(database, 30, ValueError("the step's own"))


# ---- on a real server ----


class Endless:
    def __init__(self) -> None:
        self.stop = threading.Event()

    @activity.defn
    def never_ends(self) -> None:
        self.stop.wait(60)


@workflow.defn
class NeverEnds:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity_method(
            Endless.never_ends,
            start_to_close_timeout=timedelta(milliseconds=300),
            retry_policy=RetryPolicy(timedelta(milliseconds=10), 1.0),
        )


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
async def test_the_server_tries_a_step_that_times_out_until_it_is_in_the_inbox(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing, "MANY", 2)
    endless = Endless()
    async with (
        dev_server() as environment,
        Worker(
            environment.client,
            task_queue="steps",
            workflows=[NeverEnds],
            activities=[endless.never_ends],
            interceptors=[FailingSteps(database, ProgramClock())],
            activity_executor=ThreadPoolExecutor(10),
            workflow_runner=UnsandboxedWorkflowRunner(),
        ),
    ):
        start = environment.client.start_workflow
        handle = await start(NeverEnds.run, id="stuck", task_queue="steps")
        async with asyncio.timeout(30):
            while not (items := waiting(database)):
                await asyncio.sleep(0.05)
        endless.stop.set()
        await handle.result()

    assert items[0].about == "stuck"
    assert items[0].why.endswith("times (it timed out, or its worker died)")
    assert waiting(database) == []
