"""Records what runs beside cases: `python -m tests.workflows.record_other_histories`.

Deliveries to the outside, people's decisions without a case, the digest, the nightly looks at mail,
and the watch over tracks. As `record_histories` does for cases; to `histories/other/<story>.json`.
A story's name begins with the workflow that it is of.
and a month's incentives. As `record_histories` does for cases; to `histories/other/<story>.json`. A
story's name begins with the workflow that it is of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from pydantic import SecretStr
from temporalio.client import WorkflowHandle

from activities.overrides import without_case
from partners.calendars import calendar_of
from partners.domain.cases.commands import Command
from partners.domain.cases.commands import CommandKind as Kind
from partners.domain.mail.notices import MailState
from partners.domain.webhooks.view import SweepEvents
from partners.mail.transport import Message, Receipt
from partners.store.ladder import tracks
from partners.store.mail import outbox
from partners.store.tables.program_tables import PartnerRow
from partners.store.webhooks import webhooks
from tests import accruals, builders
from tests.receivers import SECRET, LocalReceiver
from tests.workflows.conftest import START, World
from tests.workflows.record_histories import HISTORIES, SETTINGS, TRANSPORTS, main
from workflows.inbox import DigestInput, InboxDigest
from workflows.intervention import Intervention, InterventionInput
from workflows.kit.options import (
    TASK_QUEUE,
    delivery_workflow_id,
    incentive_workflow_id,
    intervention_workflow_id,
)
from workflows.mail_resolution import MailResolution
from workflows.offers.incentives import AccrualInput, IncentiveAccrual
from workflows.reconciliation import MailReconciliation
from workflows.track_watch import TrackWatch, TrackWatchInput, TrackWatchResult
from workflows.webhook import Delivery, DeliveryInput, EventSweep

OTHER_HISTORIES = HISTORIES / "other"
Handle = WorkflowHandle[Any, Any]


# ---- deliveries ----


def told_at(url: str) -> dict[str, Any]:
    """Settings with which a receiver on this machine is told."""
    return {"webhook_url": url, "webhook_secret": SecretStr(SECRET), "webhook_inside": True}


async def _events(world: World) -> None:
    """acme has entered, and left its tier."""
    with world.database.write() as session:
        webhooks.turn_on(session, START)
    world.partner()
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = None


async def _deliver(world: World) -> Handle:
    return await world.client.start_workflow(
        Delivery.run,
        DeliveryInput("acme"),
        id=delivery_workflow_id("acme"),
        task_queue=TASK_QUEUE,
        start_signal="look_again",  # as partners.temporal.running.RunningDeliveries starts it
    )


async def delivery_arrived(world: World) -> Handle:
    await _events(world)
    handle = await _deliver(world)
    assert (await handle.result()).delivered > 1
    return handle


async def delivery_given_up(world: World) -> Handle:
    """Nobody listens there; after days a person is asked."""
    await _events(world)
    handle = await _deliver(world)
    assert (await handle.result()).held_up
    return handle


async def sweep_finds_nothing(world: World) -> Handle:
    handle = await world.client.start_workflow(
        EventSweep.run, SweepEvents(), id="sweep-1", task_queue=TASK_QUEUE
    )
    await handle.result()
    return handle


# ---- a person's decision without a case ----


def _waived(world: World) -> None:
    world.partner()
    until = calendar_of(world.policy).day_of(START) + timedelta(days=60)
    with world.database.write() as session:
        partner = session.get_one(PartnerRow, "acme")
        command = Command("Ann", "flooded", until=until)
        desk = without_case.LockedPartner(session, partner, command, 1, world.policy, START)
        without_case.carry_out(desk, Kind.WAIVED)


async def _intervene(world: World) -> Handle:
    return await world.client.start_workflow(
        Intervention.run,
        InterventionInput("acme"),
        id=intervention_workflow_id("acme"),
        task_queue=TASK_QUEUE,
        start_signal="look_again",
    )


async def intervention_told(world: World) -> Handle:
    _waived(world)
    handle = await _intervene(world)
    assert (await handle.result()).told == "sent"
    return handle


async def intervention_told_when_mail_goes_again(world: World) -> Handle:
    _waived(world)
    with world.database.write() as session:
        outbox.stop(session, "mail", "Ben", "wrong template", START)
    handle = await _intervene(world)
    await world.until(START + timedelta(days=1, hours=6))
    with world.database.write() as session:
        outbox.go(session, "mail")
    await handle.signal(Intervention.look_again)
    assert (await handle.result()).told == "sent"
    return handle


# ---- the digest, and the looks at mail ----


async def _digest(world: World) -> Handle:
    handle = await world.client.start_workflow(
        InboxDigest.run, DigestInput(), id="inbox-digest", task_queue=TASK_QUEUE
    )
    await handle.result()
    return handle


async def digest_of_nothing(world: World) -> Handle:
    return await _digest(world)


async def digest_sent(world: World) -> Handle:
    """The warning came back: a person is needed."""
    world.too_few_orders()
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").email = "nobody@example.invalid"
    world.covered()
    await world.seen(await world.start(), "on_hold")
    handle = await _digest(world)
    assert (await handle.result()).result == "sent"
    return handle


class NoAnswer:
    """A provider whose answers get lost."""

    repeatable = False

    def send(self, message: Message) -> Receipt:
        return Receipt(MailState.UNKNOWN)


async def resolution_of_an_unknown_warning(world: World) -> Handle:
    world.too_few_orders()
    world.covered()
    await world.start()
    await world.eventually(
        lambda: [row.state for row in world.outbox()] == ["unknown"], "the warning is unknown"
    )
    handle = await world.client.start_workflow(
        MailResolution.run, id="mail-resolution", task_queue=TASK_QUEUE
    )
    await handle.result()
    return handle


async def reconciliation_without_lists(world: World) -> Handle:
    handle = await world.client.start_workflow(
        MailReconciliation.run, id="mail-reconciliation", task_queue=TASK_QUEUE
    )
    await handle.result()
    return handle


# ---- the watch over tracks ----


async def _watched(world: World, time_zone: str) -> Handle:
    """A certification of acme expires in ten days; of their track a step has not begun."""
    steps = [
        {"key": "call", "label": "Kick-off call", "due_days": 7},
        {"key": "exam", "label": "Exam", "kind": "certification", "expires_months": 12},
    ]
    tiers = [{**tier, "track": "reseller"} for tier in builders.POLICY["tiers"]]
    world.accept(tracks={"reseller": {"label": "Reseller", "steps": steps}}, tiers=tiers)
    world.partner(time_zone=time_zone)
    expires_on = START.date() + timedelta(days=10)
    with world.database.write() as session:
        row = tracks.write_down(session, "acme", "reseller", "exam", world.policy)
        row.began_on = row.done_on = START.date() - timedelta(days=355)
        row.expires_on = expires_on
    return await world.client.start_workflow(
        TrackWatch.run, TrackWatchInput(), id="tracks/watch", task_queue=TASK_QUEUE
    )


async def tracks_begun_and_told(world: World) -> Handle:
    handle = await _watched(world, "UTC")
    assert (await handle.result()) == TrackWatchResult(begun=1, told=1, untold=0)
    return handle


async def tracks_told_in_the_morning(world: World) -> Handle:
    """It is night in Auckland."""
    handle = await _watched(world, "Pacific/Auckland")
    assert (await handle.result()).told == 1
    return handle


async def incentives_accrued_and_released(world: World) -> Handle:
    """A month of one partner who earned, held for thirty days."""
    world.accept(tiers=accruals.tiers(accruals.SHARE))
    world.partner()
    world.orders(date(2035, 2, 1), date(2035, 2, 28), 12, value_cents=10_000)
    world.covered()
    handle = await world.client.start_workflow(
        IncentiveAccrual.run,
        AccrualInput("2035-02"),
        id=incentive_workflow_id("2035-02"),
        task_queue=TASK_QUEUE,
    )
    await handle.result()
    return handle


OTHER_STORIES: dict[str, Callable[[World], Awaitable[Handle]]] = {
    story.__name__: story
    for story in (
        delivery_arrived,
        delivery_given_up,
        sweep_finds_nothing,
        intervention_told,
        intervention_told_when_mail_goes_again,
        digest_of_nothing,
        digest_sent,
        resolution_of_an_unknown_warning,
        reconciliation_without_lists,
        tracks_begun_and_told,
        tracks_told_in_the_morning,
        incentives_accrued_and_released,
    )
}


if __name__ == "__main__":
    TRANSPORTS["resolution_of_an_unknown_warning"] = NoAnswer
    SETTINGS["tracks_told_in_the_morning"] = {"mail_service_hours": "7-21"}
    with LocalReceiver().running() as receiver:
        SETTINGS["delivery_arrived"] = told_at(receiver.url)
        SETTINGS["delivery_given_up"] = told_at("http://127.0.0.1:9/")
        main(OTHER_STORIES, OTHER_HISTORIES)
