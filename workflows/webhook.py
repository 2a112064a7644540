"""Delivery: tell the outside of one partner's changes, in order, until each has arrived."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.webhooks.activities import SweepActivities, WebhookActivities
from partners.domain.webhooks.view import Delivered, DeliveryRef, SweepEvents, Swept
from workflows.kit import options
from workflows.kit.steps import step

STATIC_DETAILS = (
    "Hand each change of this partner's tier, standing and block to the receiver, oldest first. "
    "While the receiver does not take it, it is tried again for three days."
)
MOST_EVENTS = 500
"""Deliveries of one run; then it goes on in a new one, to keep the history short."""


def static_summary(partner_id: str) -> str:
    """The headline of a delivery's page."""
    return f"Tell the outside about {partner_id}"


@dataclass(frozen=True)
class DeliveryInput:
    """Whose: `{"partner_id": "acme"}`. What is to be told is in the database."""

    partner_id: str


@dataclass(frozen=True)
class DeliveryResult:
    """How many events arrived; `held_up`: one was given up and waits for a person."""

    partner_id: str
    delivered: int = 0
    held_up: bool = False


@workflow.defn
class Delivery:
    """Delivers a partner's events one after the other.

    Signal: `look_again` (there is another, or a person has one tried again).
    """

    def __init__(self) -> None:
        self._look = False

    @workflow.run
    async def run(self, order: DeliveryInput) -> DeliveryResult:
        """Deliver until nothing is left, or until an event is given up."""
        ref, delivered = DeliveryRef(order.partner_id), 0
        while True:
            self._look = False  # before the step, so that a signal during it is not lost
            done = await self._deliver(ref)
            if done is None:
                await step(WebhookActivities.give_up, ref, "given up: a person is asked")
            if done is None or done.event_id is None:
                if not self._look:
                    held_up = done is None or done.held_up
                    return DeliveryResult(order.partner_id, delivered, held_up)
                continue
            delivered += 1
            workflow.set_current_details(f"**{delivered} delivered**, last: {done.type}")
            if delivered >= MOST_EVENTS:
                workflow.continue_as_new(order)  # it looks at once: no signal is lost

    @workflow.signal(description="There is another event to deliver.")
    def look_again(self) -> None:
        self._look = True

    async def _deliver(self, ref: DeliveryRef) -> Delivered | None:
        """One event; None if it did not arrive in all that time."""
        try:
            done: Delivered = await workflow.execute_activity_method(
                WebhookActivities.deliver_next,
                ref,
                task_queue=options.OUTSIDE_TASK_QUEUE,
                start_to_close_timeout=options.SEND_TIMEOUT,
                schedule_to_close_timeout=options.DELIVERY_GIVE_UP,
                retry_policy=options.DELIVERY,
                summary="hand the oldest event to the receiver",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return None
        return done


@workflow.defn
class EventSweep:
    """Starts every delivery that waits, for the rare case that nobody did. Hourly."""

    @workflow.run
    async def run(self, request: SweepEvents) -> Swept:
        """Look, and start them."""
        swept: Swept = await workflow.execute_activity_method(
            SweepActivities.sweep_events,
            request,
            task_queue=options.TASK_QUEUE,
            start_to_close_timeout=options.PAGES_TIMEOUT,
            heartbeat_timeout=options.HEARTBEAT_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="start every delivery that waits",
        )
        return swept
