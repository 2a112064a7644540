"""A worker is killed (SIGKILL) while it tells the outside: every event arrives, in order."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from partners.store.tables.program_tables import PartnerRow
from partners.store.webhooks import webhooks
from partners.temporal.running import RunningDeliveries
from tests.crash.conftest import CrashWorld
from tests.receivers import Got, LocalReceiver
from tests.workflows.conftest import START


@pytest.fixture
def receiver() -> Iterator[LocalReceiver]:
    with LocalReceiver().running() as running:
        yield running


def three_changes(world: CrashWorld, receiver: LocalReceiver) -> None:
    (world.folder / "webhook_url").write_text(receiver.url)
    with world.database.write() as session:
        webhooks.turn_on(session, START)
    for tier in (None, "preferred", None):
        with world.database.write() as session:
            session.get_one(PartnerRow, "acme").tier = tier


def delivered(world: CrashWorld) -> bool:
    with world.database.read() as session:
        return not list(webhooks.undelivered(session))


async def test_killed_between_the_answer_and_noting_it_the_event_comes_again_under_its_id(
    world: CrashWorld, receiver: LocalReceiver
) -> None:
    three_changes(world, receiver)
    first = world.worker()
    await world.ready(first)

    killed = threading.Event()

    def kill_once(got: Got) -> int:
        if got.body["data"]["sequence"] == 3 and not killed.is_set():
            killed.set()
            assert first.pid is not None
            os.kill(first.pid, signal.SIGKILL)
        return 204

    receiver.answer = kill_once
    await RunningDeliveries(world.client).start("acme")
    await world.killed(first)
    world.worker()
    await world.eventually(lambda: delivered(world), "all is delivered")

    sequences = [got.body["data"]["sequence"] for got in receiver.got]
    assert sequences == [1, 2, 3, 3, 4, 5, 6]
    assert len(receiver.seen) == 6


@pytest.mark.parametrize("point", ["before deliver_next", "after deliver_next"])
async def test_killed_around_a_delivery_nothing_is_lost_or_comes_twice(
    world: CrashWorld, receiver: LocalReceiver, point: str
) -> None:
    three_changes(world, receiver)
    first = world.worker(die=point)
    await world.ready(first)
    await RunningDeliveries(world.client).start("acme")
    await world.killed(first)
    world.worker()
    await world.eventually(lambda: delivered(world), "all is delivered")

    assert [got.body["data"]["sequence"] for got in receiver.got] == [1, 2, 3, 4, 5, 6]
