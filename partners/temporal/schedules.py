"""The Temporal Schedules that start the reviews: made and updated by `partners setup`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from partners.domain.policy.policy import Policy
from partners.domain.reviews.review import ReviewKind
from partners.domain.time.calendar import hour_of_every_day
from workflows import reconciliation
from workflows.kit.options import TASK_QUEUE
from workflows.mail_resolution import STATIC_DETAILS, STATIC_SUMMARY, MailResolution
from workflows.review import ProgramReview, ReviewInput

CATCH_UP = timedelta(days=30)
"""Runs missed for so long, while the server was down, are caught up."""
QUARTERS = (1, 4, 7, 10)
NOTES = {
    ReviewKind.DAILY: "Who fell below, and whose case has new numbers",
    ReviewKind.MONTHLY: "Everybody, on settled whole months: cases and promotions",
    ReviewKind.QUARTERLY: "Preferred and strategic partners, for the scorecards",
}


MAIL_SCHEDULE = "mail-resolution"
MAIL_EVERY = timedelta(minutes=5)
"""So soon evidence of an unknown message is found; its window is an hour."""


RECONCILIATION_SCHEDULE = "mail-reconciliation"
RECONCILED_AT = 3
"""The hour of the night, when little else happens."""


def schedule_id(kind: ReviewKind) -> str:
    return f"review-{kind}"


def due(kind: ReviewKind, policy: Policy) -> ScheduleCalendarSpec:
    """When a review is due, in the program's zone, at its office hour.

    Monthly and quarterly: on the day on which the last month has settled. A day that not every
    month has becomes one early in the month after; the review is about the same month. So with the
    hour: one that a day lacks becomes the next, or Temporal would leave that day out.
    """
    hour = [ScheduleRange(hour_of_every_day(policy.program.zone, policy.program.office_hour))]
    if kind is ReviewKind.DAILY:
        return ScheduleCalendarSpec(hour=hour, comment=NOTES[kind])
    settled = policy.feed.settling_days + 1
    months_on, day = (0, settled) if settled <= 28 else (1, settled - 28 + 3)
    every = QUARTERS if kind is ReviewKind.QUARTERLY else range(1, 13)
    months = [ScheduleRange((month - 1 + months_on) % 12 + 1) for month in every]
    return ScheduleCalendarSpec(
        hour=hour, day_of_month=[ScheduleRange(day)], month=months, comment=NOTES[kind]
    )


def schedule(kind: ReviewKind, policy: Policy, state: ScheduleState | None = None) -> Schedule:
    """A review's schedule. `state`: a person's pause and note, which are theirs to end."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            ProgramReview.run,
            ReviewInput(kind),
            id=f"review/{kind}",  # the server appends the time it was due at
            task_queue=TASK_QUEUE,
            static_summary=f"{kind.capitalize()} review",
        ),
        spec=ScheduleSpec(calendars=[due(kind, policy)], time_zone_name=policy.program.time_zone),
        policy=SchedulePolicy(
            # One that waits for a person must not keep the next from watching; each has a period
            # of its own, and what one asks about the others of the month leave alone.
            overlap=ScheduleOverlapPolicy.ALLOW_ALL,
            catchup_window=CATCH_UP,
        ),
        state=state or ScheduleState(note=NOTES[kind]),
    )


async def prepare(client: Client, policy: Policy) -> list[str]:
    """Create or update the three schedules; safe to repeat. Says what became of each."""
    return [await _prepare(client, kind, policy) for kind in ReviewKind]


def mail_schedule(state: ScheduleState | None = None) -> Schedule:
    """Resolves unknown mail; runs that were missed are not caught up, for the next does it all."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            MailResolution.run,
            id=MAIL_SCHEDULE,
            task_queue=TASK_QUEUE,
            static_summary=STATIC_SUMMARY,
            static_details=STATIC_DETAILS,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=MAIL_EVERY)]),
        # SKIP: beside one that takes long, a second would ask the provider about the same messages.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=MAIL_EVERY),
        state=state or ScheduleState(note=STATIC_SUMMARY),
    )


async def prepare_mail(client: Client) -> str:
    """Create or update the schedule that resolves unknown mail; safe to repeat."""
    return await make(client, MAIL_SCHEDULE, mail_schedule)


def reconciliation_schedule(policy: Policy, state: ScheduleState | None = None) -> Schedule:
    """Reads the provider's suppression lists every night, in the program's zone."""
    night = ScheduleCalendarSpec(
        hour=[ScheduleRange(hour_of_every_day(policy.program.zone, RECONCILED_AT))],
        comment=reconciliation.STATIC_SUMMARY,
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            reconciliation.MailReconciliation.run,
            id=RECONCILIATION_SCHEDULE,
            task_queue=TASK_QUEUE,
            static_summary=reconciliation.STATIC_SUMMARY,
            static_details=reconciliation.STATIC_DETAILS,
        ),
        spec=ScheduleSpec(calendars=[night], time_zone_name=policy.program.time_zone),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=1)),
        state=state or ScheduleState(note=reconciliation.STATIC_SUMMARY),
    )


async def prepare_reconciliation(client: Client, policy: Policy) -> str:
    """Create or update the nightly schedule; safe to repeat."""
    return await make(
        client,
        RECONCILIATION_SCHEDULE,
        lambda state: reconciliation_schedule(policy, state),
    )


async def _prepare(client: Client, kind: ReviewKind, policy: Policy) -> str:
    return await make(client, schedule_id(kind), lambda state: schedule(kind, policy, state))


async def make(client: Client, name: str, build: Callable[[ScheduleState | None], Schedule]) -> str:
    """Create a schedule, or update it and leave a person's pause as it is."""
    try:  # not looked for first: of two that set up at once, both would find none
        await client.create_schedule(name, build(None))
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(name)

        async def change(existing: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(build(existing.description.schedule.state))

        await handle.update(change)
        paused = (await handle.describe()).schedule.state.paused
        return f"{name} updated" + (" (paused)" if paused else "")
    return f"{name} created"
