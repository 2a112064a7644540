"""A step that fails again and again is noted for a person, until it succeeds."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.inbox.inbox import inbox
from partners.domain.inbox.inbox import InboxItem
from partners.domain.time.clock import ProgramClock
from partners.store.engine.database import Database
from partners.temporal.failing import FailingSteps

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)


class _Step(ActivityInboundInterceptor):
    """A step that raises, or returns."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        if self._error is not None:
            raise self._error


async def attempt(database: Database, number: int, error: Exception | None = None) -> None:
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


async def test_what_is_raised_to_be_tried_again_is_not_noted(database: Database) -> None:
    await attempt(database, 40, ApplicationError("no answer", type="NotDelivered"))
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
