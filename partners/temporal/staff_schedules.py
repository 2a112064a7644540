"""The Temporal Schedules beside the reviews': the daily digest, the hourly look at events."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
)

from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import hour_of_every_day
from partners.domain.webhooks.view import SweepEvents
from partners.temporal.schedules import make
from workflows.inbox import DigestInput, InboxDigest
from workflows.kit.options import TASK_QUEUE
from workflows.webhook import EventSweep

DIGEST, SWEEP = "inbox-digest", "webhook-sweep"
DIGEST_NOTE = "What waits for a person, to staff; only if something does"
SWEEP_NOTE = "Start every delivery of a change that waits"
CATCH_UP = timedelta(hours=12)
"""A digest of yesterday is of no use; the next one has it all."""


def digest(policy: Policy, state: ScheduleState | None = None) -> Schedule:
    """Every day at the office hour, in the program's zone."""
    hour = hour_of_every_day(policy.program.zone, policy.program.office_hour)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            InboxDigest.run,
            DigestInput(),
            id="inbox/digest",
            task_queue=TASK_QUEUE,
            static_summary="Staff inbox",
        ),
        spec=ScheduleSpec(
            calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(hour)])],
            time_zone_name=policy.program.time_zone,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
        state=state or ScheduleState(note=DIGEST_NOTE),
    )


def sweep(state: ScheduleState | None = None) -> Schedule:
    """Every hour."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            EventSweep.run,
            SweepEvents(),
            id="webhook-sweep",
            task_queue=TASK_QUEUE,
            static_summary="Event sweep",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(timedelta(hours=1))]),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=10)
        ),
        state=state or ScheduleState(note=SWEEP_NOTE),
    )


async def prepare(client: Client, policy: Policy, *, events: bool) -> list[str]:
    """Create or update them; safe to repeat. `events`: whether the outside is told of changes.

    A person's pause is theirs to end.
    """
    made = [await make(client, DIGEST, lambda state: digest(policy, state))]
    if events:
        made.append(await make(client, SWEEP, sweep))
    return made
