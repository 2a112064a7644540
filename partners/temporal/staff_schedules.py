"""The Temporal Schedules beside the reviews': tracks, digest, events, what incentives pay."""

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
from partners.domain.reviews.review import ReviewKind
from partners.domain.time.calendar import hour_of_every_day
from partners.domain.webhooks.view import SweepEvents
from partners.temporal import schedules
from partners.temporal.schedules import due, make
from workflows import track_watch
from workflows.inbox import DigestInput, InboxDigest
from workflows.kit.options import TASK_QUEUE
from workflows.offers.incentives import (
    STATIC_DETAILS,
    STATIC_SUMMARY,
    AccrualInput,
    IncentiveAccrual,
)
from workflows.track_watch import TrackWatch, TrackWatchInput
from workflows.webhook import EventSweep

DIGEST, SWEEP, TRACKS = "inbox-digest", "webhook-sweep", "track-watch"
INCENTIVES = "incentives"
DIGEST_NOTE = "What waits for a person, to staff; only if something does"
SWEEP_NOTE = "Start every delivery of a change that waits"
INCENTIVES_NOTE = "What completed orders of the settled month pay back, into the ledger"
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


def tracks(policy: Policy, state: ScheduleState | None = None) -> Schedule:
    """Every day at the office hour, in the program's zone; one that waits for an hour of mail is
    done before the next."""
    hour = hour_of_every_day(policy.program.zone, policy.program.office_hour)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            TrackWatch.run,
            TrackWatchInput(),
            id="tracks/watch",
            task_queue=TASK_QUEUE,
            static_summary=track_watch.STATIC_SUMMARY,
            static_details=track_watch.STATIC_DETAILS,
        ),
        spec=ScheduleSpec(
            calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(hour)])],
            time_zone_name=policy.program.time_zone,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
        state=state or ScheduleState(note=track_watch.STATIC_SUMMARY),
    )


def incentives(policy: Policy, state: ScheduleState | None = None) -> Schedule:
    """Every month, when the monthly review is due: once the last month has settled."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            IncentiveAccrual.run,
            AccrualInput(),
            id="incentives/monthly",  # the server appends the time it was due at
            task_queue=TASK_QUEUE,
            static_summary=STATIC_SUMMARY,
            static_details=STATIC_DETAILS,
        ),
        spec=ScheduleSpec(
            calendars=[due(ReviewKind.MONTHLY, policy)],
            time_zone_name=policy.program.time_zone,
        ),
        # One month waits for its release while the next accrues.
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=schedules.CATCH_UP
        ),
        state=state or ScheduleState(note=INCENTIVES_NOTE),
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
    made = [
        await make(client, TRACKS, lambda state: tracks(policy, state)),
        await make(client, DIGEST, lambda state: digest(policy, state)),
        await make(client, INCENTIVES, lambda state: incentives(policy, state)),
    ]
    if events:
        made.append(await make(client, SWEEP, sweep))
    return made
