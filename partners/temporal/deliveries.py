"""Starts at once the workflows that tell the outside what a step has changed."""

from __future__ import annotations

import logging
from typing import Any

from temporalio.service import RPCError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from partners.store.engine.database import Database
from partners.temporal.running import RunningDeliveries

log = logging.getLogger("partners.temporal.deliveries")


class Nudge(Interceptor):
    """After an activity, starts the delivery of what it, or one beside it, wrote for the outside.

    Only to be quick: what it cannot start, after a crash or without a server, the hourly sweep
    starts.
    """

    def __init__(self, database: Database, deliveries: RunningDeliveries) -> None:
        self._database, self._deliveries = database, deliveries

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Nudging(next, self)

    async def start_news(self) -> None:
        news = self._database.news
        while news:
            try:
                partner_id = news.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                await self._deliveries.start(partner_id)
            except RPCError as error:
                log.warning("a delivery waits for the hourly sweep: %s", error.message)


class _Nudging(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, nudge: Nudge) -> None:
        super().__init__(next)
        self._nudge = nudge

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        finally:  # also after an error: what was committed before it is to be told
            await self._nudge.start_news()
