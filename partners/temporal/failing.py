"""Notes which steps fail again and again, so that people read of them without Temporal's UI."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError, TemporalError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from partners.domain.time.clock import ProgramClock
from partners.store.cases import failing_steps
from partners.store.engine.database import Database
from partners.store.tables.program_tables import FailingStepRow

log = logging.getLogger("partners.temporal.failing")

MANY = 20
"""Attempts: about an hour of them, so that a database that was down for a moment is no news."""


class FailingSteps(Interceptor):
    """After a step's 20th failure, keeps a row about it for the inbox until it succeeds.

    An attempt that times out, or whose worker dies, does not report its end. So the attempts from
    the 20th on are noted when they begin, and if the next one finds such a note, that attempt has
    failed. What the program itself raises to be tried again, such as a receiver that is down, is
    known elsewhere and not noted.
    """

    def __init__(self, database: Database, clock: ProgramClock) -> None:
        self._database, self._clock = database, clock

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Noting(next, self)

    async def begins(self) -> None:
        if (attempt := activity.info().attempt) >= MANY:
            row = self._row("", attempt - 1)
            await self._write(lambda session: failing_steps.begins(session, row))

    async def failed(self, error: Exception) -> None:
        # Seen before `Unnamed`, which workers list first and so outermost: behind it every error is
        # a TemporalError, and none would be noted.
        if isinstance(error, TemporalError):
            await self.ended()
        elif (attempt := activity.info().attempt) >= MANY:
            row = self._row(type(error).__name__, attempt)
            await self._write(lambda session: failing_steps.note(session, row))

    async def ended(self) -> None:
        """Only a step that was tried so often can have a row."""
        info = activity.info()
        if info.attempt >= MANY:
            await self._write(lambda session: failing_steps.forget(session, _step(info)))

    def _row(self, error: str, attempts: int) -> FailingStepRow:
        info = activity.info()
        return FailingStepRow(
            step=_step(info),
            workflow_id=(info.workflow_id or "")[:200],
            activity=info.activity_type,
            error=error[:100],
            attempts=attempts,
            since=self._clock.program_time(info.scheduled_time),
            last_at=datetime.now(UTC),
        )

    async def _write(self, change: Callable[[Session], None]) -> None:
        """What cannot be written now is written at the next attempt."""
        try:
            await asyncio.to_thread(self._in_transaction, change)
        except Exception as error:
            log.warning("a failing step could not be noted: %s", type(error).__name__)

    def _in_transaction(self, change: Callable[[Session], None]) -> None:
        with self._database.write() as session:
            change(session)


def _step(info: activity.Info) -> str:
    return f"{info.workflow_run_id}/{info.activity_id}"[:200]


class _Noting(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, steps: FailingSteps) -> None:
        super().__init__(next)
        self._steps = steps

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        await self._steps.begins()
        try:
            result = await super().execute_activity(input)
        except Exception as error:
            if isinstance(error, ApplicationError) and error.non_retryable:
                await self._steps.ended()
            else:
                await self._steps.failed(error)
            raise
        await self._steps.ended()
        return result
