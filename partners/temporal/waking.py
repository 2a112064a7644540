"""Has exclusives look at once when a step changed the tier of their holder, or a block."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from temporalio.service import RPCError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from partners.store.engine.database import Database
from partners.store.exclusives import exclusive_terms
from partners.temporal.running_exclusives import RunningExclusives

log = logging.getLogger("partners.temporal.waking")


class Wake(Interceptor):
    """After an activity, tells the exclusives of those whom it, or one beside it, moved.

    Only to be quick: whom it does not reach, after a crash or without a server, the daily watch
    does.
    """

    def __init__(self, database: Database, exclusives: RunningExclusives) -> None:
        self._database, self._exclusives = database, exclusives

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Waking(next, self)

    async def tell(self) -> None:
        moved, partners = self._database.moved, set[str]()
        while moved:
            try:
                partners.add(moved.popleft())
            except IndexError:  # another thread took the last one
                break
        if not partners:
            return
        try:
            for exclusive_id in await asyncio.to_thread(self._held_by, sorted(partners)):
                await self._exclusives.start(exclusive_id)
        except RPCError as error:
            log.warning("exclusives wait for the daily watch: %s", error.message)

    def _held_by(self, partner_ids: list[str]) -> list[str]:
        with self._database.read() as session:
            return list(exclusive_terms.live_of(session, partner_ids))


class _Waking(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, wake: Wake) -> None:
        super().__init__(next)
        self._wake = wake

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        finally:  # also after an error: what was committed before it is to be told
            await self._wake.tell()
