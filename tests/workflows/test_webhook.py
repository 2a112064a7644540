"""The outside is told of every change of tier, standing and block: once each, in order."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError

from activities.inbox.inbox import inbox
from activities.webhooks.activities import WebhookActivities
from partners.bootstrap.services import build_services
from partners.domain.webhooks.view import DeliveryRef, SweepEvents
from partners.receiver import Receiver
from partners.store.record import recorder
from partners.store.tables.audit_tables import WebhookEventRow
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.webhooks import webhooks
from partners.temporal.running import RunningDeliveries
from tests.receivers import SECRET, Got, LocalReceiver
from tests.workflows.conftest import START, World
from workflows.kit.options import TASK_QUEUE, delivery_workflow_id
from workflows.webhook import Delivery, EventSweep


@pytest.fixture
def receiver() -> Iterator[LocalReceiver]:
    with LocalReceiver().running() as running:
        yield running


@pytest.fixture
async def told(stage: World, receiver: LocalReceiver) -> AsyncIterator[World]:
    """A world that tells the receiver."""
    stage.settings.webhook_url = receiver.url
    stage.settings.webhook_inside = True
    stage.settings.webhook_timeout_seconds = 25  # longer than a test waits for anything
    stage.settings.webhook_secret = SecretStr(SECRET)
    stage.accept()
    with stage.database.write() as session:
        webhooks.turn_on(session, START)
    async with stage.working():
        yield stage


def states(world: World) -> list[str]:
    with world.database.read() as session:
        rows = session.query(WebhookEventRow).order_by(WebhookEventRow.event_id)
        return [row.state for row in rows]


def move(world: World, partner_id: str, *tiers: str | None) -> None:
    """Tiers that a partner is moved to, in transactions of their own."""
    for tier in tiers:
        with world.database.write() as session:
            session.get_one(PartnerRow, partner_id).tier = tier


async def deliver(world: World, partner_id: str = "acme") -> None:
    await RunningDeliveries(world.client).start(partner_id)


async def test_a_whole_case_reaches_the_receiver_in_order(
    told: World, receiver: LocalReceiver
) -> None:
    told.too_few_orders()
    told.covered()

    result = await told.play()

    assert result.outcome == "removed"
    await told.eventually(lambda: len(receiver.got) == 5, "five events have arrived")
    assert [got.what for got in receiver.got] == [
        ("partner.tier_changed", "preferred", "good"),  # imported
        ("partner.standing_changed", "preferred", "good"),
        ("partner.standing_changed", "preferred", "in_grace"),
        ("partner.tier_changed", None, "out"),
        ("partner.standing_changed", None, "out"),
    ]
    sequences = [got.body["data"]["sequence"] for got in receiver.got]
    assert sequences == sorted(set(sequences))
    assert len({got.webhook_id for got in receiver.got}) == 5
    assert "example.com" not in str(receiver.got)  # ids, and nothing personal


async def test_a_receiver_that_is_down_for_a_day_loses_nothing(
    told: World, receiver: LocalReceiver
) -> None:
    told.partner()
    told.partner("zenith")
    move(told, "acme", None, "preferred", None)
    receiver.answer = lambda got: 503
    await deliver(told)
    await deliver(told, "zenith")
    await told.eventually(lambda: receiver.tried >= 2, "both were tried")
    await told.until(START + timedelta(days=1))
    assert not receiver.got

    receiver.answer = lambda got: 204
    await told.until(START + timedelta(days=1, hours=1))

    await told.eventually(lambda: len(receiver.seen) == 10, "all have arrived")
    for partner_id, expected in (("acme", 8), ("zenith", 2)):
        mine = [
            got.body["data"]["sequence"] for got in receiver.got if got.partner_id == partner_id
        ]
        assert mine == sorted(mine)
        assert len(mine) == expected
    assert set(states(told)) == {"delivered"}


async def test_one_partner_whose_events_are_refused_does_not_hold_up_another(
    told: World, receiver: LocalReceiver
) -> None:
    told.partner()
    told.partner("zenith")
    receiver.answer = lambda got: 500 if got.partner_id == "acme" else 200
    await deliver(told)
    await deliver(told, "zenith")
    await told.eventually(lambda: len(receiver.got) == 2, "the other's have arrived")
    assert {got.partner_id for got in receiver.got} == {"zenith"}


async def test_after_three_days_it_is_a_dead_letter_in_the_inbox_until_a_person_retries(
    told: World, receiver: LocalReceiver
) -> None:
    told.partner()
    move(told, "acme", None)
    receiver.answer = lambda got: 500
    await deliver(told)
    await told.eventually(lambda: receiver.tried >= 1, "it was tried")
    await told.until(START + timedelta(days=4))
    await told.eventually(lambda: "dead" in states(told), "it is given up")

    assert states(told) == [
        "dead",
        "pending",
        "pending",
        "pending",
    ]  # those after it wait behind it
    (item,) = inbox(told.database, await told.now())
    assert (item.kind, item.partner_id) == ("webhook", "acme")
    assert "answered 500" in item.why

    receiver.answer = lambda got: 200
    await deliver(told)  # a dead letter is not passed by itself
    assert states(told) == ["dead", "pending", "pending", "pending"]
    with told.database.write() as session:
        webhooks.retry(webhooks.find(session, "1"))
    await deliver(told)
    await told.eventually(lambda: set(states(told)) == {"delivered"}, "all have arrived")
    assert [got.body["data"]["sequence"] for got in receiver.got] == [1, 2, 3, 4]


async def test_the_sweep_finds_what_nobody_started_and_blocks_that_ended_by_the_calendar(
    told: World, receiver: LocalReceiver
) -> None:
    told.partner()
    today = START.date()
    with told.database.write() as session:
        recorder.sign(session, "Ann", START)
        session.add(
            OverrideRow(
                partner_id="acme",
                kind="block",
                from_day=today,
                until_day=today + timedelta(days=2),
                who="Ann",
                reason="dispute",
            )
        )
    await sweep(told, 1)
    await told.eventually(lambda: len(receiver.got) == 3, "what was pending has arrived")
    await told.until(START + timedelta(days=3))
    await sweep(told, 2)
    await told.eventually(lambda: len(receiver.got) == 4, "the end has arrived")
    assert [got.what for got in receiver.got] == [
        ("partner.tier_changed", "preferred", "good"),
        ("partner.standing_changed", "preferred", "good"),
        ("partner.blocked", "preferred", "blocked"),
        ("partner.unblocked", "preferred", "good"),
    ]


async def sweep(world: World, number: int) -> None:
    await world.client.start_workflow(
        EventSweep.run, SweepEvents(), id=f"sweep-{number}", task_queue=TASK_QUEUE
    )


async def test_where_nobody_is_told_no_events_are_written(world: World) -> None:
    world.partner()
    move(world, "acme", None)
    assert states(world) == []


async def test_cancelling_a_delivery_makes_no_dead_letter(
    told: World, receiver: LocalReceiver
) -> None:
    told.partner()
    receiver.answer = lambda got: 500
    await deliver(told)
    await told.eventually(lambda: receiver.tried >= 1, "it was tried")
    handle = told.client.get_workflow_handle_for(Delivery.run, delivery_workflow_id("acme"))
    await handle.cancel()
    with pytest.raises(WorkflowFailureError) as ended:
        await handle.result()
    assert isinstance(ended.value.cause, CancelledError)
    assert set(states(told)) == {"pending"}


async def test_receivers_that_do_not_answer_hold_up_no_case(
    told: World, receiver: LocalReceiver
) -> None:
    """More of them than steps run at once: their turns are their own."""
    over = threading.Event()

    def hang(got: Got) -> int:
        over.wait(30)
        return 204

    receiver.answer = hang
    names = [f"slow-{number}" for number in range(told.settings.activity_threads + 4)]
    for name in names:
        told.partner(name)
    told.too_few_orders()
    told.covered()
    try:
        for name in names:
            await deliver(told, name)
        await told.eventually(lambda: receiver.tried > 4, "deliveries are under way")
        await told.start()
        await told.status("in_grace")
        assert receiver.got == []
    finally:
        over.set()


async def test_an_attempt_that_was_cut_counts_so_that_a_dead_letter_comes(
    told: World, receiver: LocalReceiver
) -> None:
    """Its worker died, or ran out of time, before anything was noted."""
    told.partner()
    with told.database.write() as session:
        row = webhooks.head(session, "acme")
        assert row is not None
        webhooks.attempted(row)
    receiver.answer = lambda got: 410
    await deliver(told)
    await told.eventually(lambda: "dead" in states(told), "it is a dead letter")
    with told.database.read() as session:
        row = webhooks.head(session, "acme")
    assert row is not None
    assert (row.attempts, row.last_error) == (2, "answered 410")


def test_an_attempt_is_counted_before_it_is_made(
    stage: World, receiver: LocalReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.accept()
    with stage.database.write() as session:
        webhooks.turn_on(session, START)
    stage.partner()
    services = build_services(stage.settings, stage.database)
    activities = WebhookActivities(services, Receiver(receiver.url, [SECRET], inside=True))

    async def killed(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(Receiver, "deliver", killed)
    with pytest.raises(SystemExit):
        asyncio.run(activities.deliver_next(DeliveryRef("acme")))
    activities.give_up(DeliveryRef("acme"))

    with stage.database.read() as session:
        row = webhooks.head(session, "acme")
    assert row is not None
    assert (row.state, row.attempts, row.last_error) == ("dead", 1, webhooks.CUT)
