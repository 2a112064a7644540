"""Delivering events to the outside: one partner's events in order, each until it has arrived."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.services import Activities, Services, program_now
from partners.domain.webhooks.view import Delivered, DeliveryRef, EventState, SweepEvents, Swept
from partners.receiver import NotDelivered, Receiver
from partners.store.engine.database import Database
from partners.store.record import recorder, standings
from partners.store.webhooks import webhooks


class RunningDeliveries(Protocol):
    """The way to the workflows that deliver."""

    async def start(self, partner_id: str) -> None:
        """Start a partner's `Delivery`, or tell the one that runs that there is more to do."""


class _Event(NamedTuple):
    """What of an event's row is handed over."""

    event_id: int
    webhook_id: str
    body: str
    type: str


class WebhookActivities(Activities):
    """What a delivery does: the only place that speaks to the receiver."""

    def __init__(self, services: Services, receiver: Receiver | None) -> None:
        """`receiver` is None where this worker has no URL: then it waits for one that has."""
        self._database = services.database
        self._receiver = receiver

    @activity.defn
    async def deliver_next(self, ref: DeliveryRef) -> Delivered:
        """Hand over the partner's oldest event; fails, to be tried again, until it has arrived.

        The event is marked after it has arrived: a crash in between sends it twice under one id.
        """
        event = await asyncio.to_thread(self._begin, ref.partner_id)
        if isinstance(event, Delivered):
            return event
        failure = await self._hand_over(event)
        waits = await asyncio.to_thread(self._end, event, failure)
        if failure is not None and waits:
            raise ApplicationError(
                f"{event.type} {event.webhook_id}: {failure}",
                type="NotDelivered",
                non_retryable=failure.for_good,
                next_retry_delay=failure.wait,
            )
        return Delivered(event.event_id, event.type)

    def _begin(self, partner_id: str) -> _Event | Delivered:
        """What to hand over. The attempt is counted before it is made: one that is cut counts."""
        with self._database.write() as session:
            row = webhooks.head(session, partner_id)
            if row is None:
                return Delivered()
            if row.state == EventState.DEAD:
                return Delivered(held_up=True)
            webhooks.attempted(row)
            return _Event(row.event_id, row.webhook_id, row.body, row.type)

    def _end(self, event: _Event, failure: NotDelivered | None) -> bool:
        """Note what became of it; whether the event still waited, for a person may have passed it
        over meanwhile."""
        with self._database.write() as session:
            row = webhooks.find(session, str(event.event_id))
            if row.state != EventState.PENDING:
                return False
            if failure is None:
                webhooks.arrived(row, datetime.now(UTC))
            else:
                webhooks.failed(row, str(failure))
            return True

    async def _hand_over(self, event: _Event) -> NotDelivered | None:
        if self._receiver is None:
            return NotDelivered("this worker has no PARTNERS_WEBHOOK_URL")
        try:
            await self._receiver.deliver(event.webhook_id, event.body, datetime.now(UTC))
        except NotDelivered as failure:
            return failure
        return None

    @activity.defn
    def give_up(self, ref: DeliveryRef) -> None:
        """The partner's oldest event becomes a dead letter, and waits for a person.

        Not one that nobody has tried to deliver, for no worker ran: the hourly sweep starts it
        again.
        """
        with self._database.write() as session:
            row = webhooks.head(session, ref.partner_id)
            if row is not None and row.attempts:
                webhooks.give_up(row, datetime.now(UTC))


class SweepActivities(Activities):
    """Finds what nobody has started: after a crash, or because a day has begun."""

    def __init__(self, services: Services, running: RunningDeliveries) -> None:
        self._services = services
        self._running = running

    @activity.defn
    async def sweep_events(self, request: SweepEvents) -> Swept:
        """Compare standings that change with the calendar, and start every delivery that waits."""
        now = program_now(self._services.clock)
        ids = await asyncio.to_thread(_look, self._services.database, now)
        for partner_id in ids:
            await self._running.start(partner_id)
            activity.heartbeat(partner_id)
        return Swept(len(ids))


def _look(database: Database, now: datetime) -> list[str]:
    """Partners to deliver to, those included whose block has begun or ended by the calendar."""
    with database.write() as session:
        recorder.sign(session, "the calendar", now)
        recorder.look_at_standing(session, *standings.touched_by_time(session, now))
    # In a transaction of its own: the events of what was compared are written as that one ends.
    with database.read() as session:
        return webhooks.to_deliver(session)
