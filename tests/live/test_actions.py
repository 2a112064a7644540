"""What a review costs: Temporal actions, counted from its history and its worker's requests."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import MetricBuffer, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment

from partners.store.judging import window_sums
from tests.live.conftest import UNGUARDED, Live
from tests.servers import address

BILLABLE = (
    "workflow_execution_started",
    "activity_task_scheduled",
    "timer_started",
    "workflow_execution_signaled",
    "workflow_execution_update_accepted",
    "upsert_workflow_search_attributes",
)
BY_A_SCHEDULE = 2
"""What a start by a schedule costs more than one by a person."""


def in_history(history: WorkflowHistory) -> int:
    """Billable events, and each attempt at a step after its first."""
    events = [
        event.WhichOneof("attributes").removesuffix("_event_attributes") for event in history.events
    ]
    retries = sum(
        event.activity_task_started_event_attributes.attempt - 1
        for event in history.events
        if event.HasField("activity_task_started_event_attributes")
    )
    return sum(kind in BILLABLE for kind in events) + retries


def requests(buffer: MetricBuffer) -> Counter[str]:
    """The requests that a worker made, by operation."""
    made: Counter[str] = Counter()
    for update in buffer.retrieve_updates():
        if update.metric.name in ("temporal_request", "temporal_long_request"):
            made[str(update.attributes.get("operation"))] += int(update.value)
    return made


@pytest.mark.parametrize(("count", "below"), [(40, 2), (20_000, 5)])
async def test_a_review_takes_few_actions_beside_the_starts_of_its_cases(
    live_on_postgresql: Live, server: WorkflowEnvironment, count: int, below: int
) -> None:
    live = live_on_postgresql
    live.accept(guard=UNGUARDED)
    live.crowd(count, below)
    buffer = MetricBuffer(100_000)
    client = await Client.connect(
        address(server),
        data_converter=pydantic_data_converter,
        runtime=Runtime(telemetry=TelemetryConfig(metrics=buffer)),
    )
    async with live.working(client), asyncio.timeout(120):
        handle = await live.start()
        result = await handle.result()
        made = requests(buffer)
    history = await handle.fetch_history()

    assert (result.counts["judged"], result.counts["started"]) == (count, below)
    ranges = 2 if count >= 2 * 10_000 else 1
    assert window_sums.PAGE * 10 * ranges >= count or ranges > 1
    assert made["StartWorkflowExecution"] == below
    heartbeats = made["RecordActivityTaskHeartbeat"]
    assert heartbeats > 0  # or else the name has changed, and nothing is counted
    starts = made["StartWorkflowExecution"]
    actions = in_history(history) + heartbeats + starts + BY_A_SCHEDULE
    assert actions <= count / 500 + 20 + below * 1
    assert len(history.events) < 100
