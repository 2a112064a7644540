"""The way to the workflows that tell the outside, and what starts them at once."""

from __future__ import annotations

import logging
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from partners.store.database import Database
from workflows import webhook
from workflows.options import TASK_QUEUE, delivery_workflow_id

log = logging.getLogger("partners.deliveries")


class RunningDeliveries:
    """The way to the workflows of deliveries: see `activities.webhooks`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, partner_id: str) -> None:
        """Start a partner's `Delivery`; one that runs is told that there is more to do.

        The signal goes with the start, so that a run about to end sees it and goes on.
        """
        await self._client.start_workflow(
            webhook.Delivery.run,
            webhook.DeliveryInput(partner_id),
            id=delivery_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="look_again",  # the SDK takes no method here
            static_summary=webhook.static_summary(partner_id),
            static_details=webhook.STATIC_DETAILS,
        )


class Nudge(Interceptor):
    """After an activity, starts the delivery of what it, or one beside it, wrote for the outside.

    Only haste: what a crash or a lost server keeps it from starting, the hourly sweep does.
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
        finally:
            await self._nudge.start_news()
