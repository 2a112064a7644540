"""Steps: activities on the database, retried for as long as it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio import workflow

from workflows.kit import options, timeline


async def step(activity: Callable[..., Any], request: Any, summary: str) -> Any:
    """Run one activity; `summary` is what the timeline shows, cut to what the server takes."""
    return await workflow.execute_activity_method(
        activity,
        request,
        task_queue=options.TASK_QUEUE,
        start_to_close_timeout=options.STEP_TIMEOUT,
        retry_policy=options.PATIENT,
        summary=timeline.shorten(summary),
    )


async def pages(activity: Callable[..., Any], request: Any, summary: str) -> Any:
    """A long step that heartbeats how far it is, and goes on from there."""
    return await workflow.execute_activity_method(
        activity,
        request,
        task_queue=options.TASK_QUEUE,
        start_to_close_timeout=options.PAGES_TIMEOUT,
        heartbeat_timeout=options.HEARTBEAT_TIMEOUT,
        retry_policy=options.PATIENT,
        summary=timeline.shorten(summary),
    )


def due_at() -> datetime:
    """When the schedule meant this run to be; without one, when it was started."""
    info = workflow.info()
    return info.typed_search_attributes.get(options.SCHEDULED_AT) or info.start_time
