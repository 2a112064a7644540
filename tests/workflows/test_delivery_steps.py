"""Delivering a partner's events, oldest first: the workflow's code, no server."""

from __future__ import annotations

import pytest
from temporalio.exceptions import ActivityError, CancelledError, TimeoutError, TimeoutType

from partners.domain.webhooks.view import Delivered
from tests.unserved import Afresh, Unserved
from workflows import webhook
from workflows.webhook import Delivery, DeliveryInput, DeliveryResult

FIRST, SECOND, NOTHING = Delivered(1, "tier"), Delivered(2, "standing"), Delivered()
HELD_UP = Delivered(held_up=True)


def failed(why: BaseException) -> ActivityError:
    error = ActivityError(
        "failed", scheduled_event_id=1, started_event_id=2, identity="", activity_type="",
        activity_id="", retry_state=None,
    )  # fmt: skip
    error.__cause__ = why
    return error


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Unserved:
    server = Unserved(monkeypatch)
    server.answers["give_up"] = [None]
    return server


async def run(server: Unserved, *answers: object, of: Delivery | None = None) -> DeliveryResult:
    server.answers["deliver_next"] = list(answers)
    return await (of or Delivery()).run(DeliveryInput("acme"))


async def test_all_events_are_delivered(server: Unserved) -> None:
    assert await run(server, FIRST, SECOND, NOTHING) == DeliveryResult("acme", 2)
    assert server.names() == ["deliver_next"] * 3


async def test_an_event_that_does_not_arrive_for_days_is_given_up(server: Unserved) -> None:
    out = failed(TimeoutError("out", type=TimeoutType.SCHEDULE_TO_CLOSE, last_heartbeat_details=[]))

    assert await run(server, FIRST, out) == DeliveryResult("acme", 1, held_up=True)
    assert server.names() == ["deliver_next", "deliver_next", "give_up"]


async def test_an_event_behind_a_dead_letter_is_not_given_up(server: Unserved) -> None:
    assert await run(server, HELD_UP) == DeliveryResult("acme", 0, held_up=True)
    assert server.names() == ["deliver_next"]


async def test_who_cancels_a_delivery_gives_nothing_up(server: Unserved) -> None:
    with pytest.raises(ActivityError):
        await run(server, failed(CancelledError("cancelled")))
    assert server.names() == ["deliver_next"]


@pytest.mark.parametrize("found", [NOTHING, HELD_UP])
async def test_what_came_up_during_the_last_look_is_looked_at(
    server: Unserved, found: Delivered
) -> None:
    delivery = Delivery()
    ask = server.execute_activity_method

    async def another(*arguments: object, **options: object) -> object:
        if len(server.asked) == 1:
            delivery.look_again()
        return await ask(*arguments, **options)  # type: ignore[arg-type]

    server.install("execute_activity_method", another)

    result = await run(server, FIRST, found, SECOND, NOTHING, of=delivery)

    assert result == DeliveryResult("acme", 2)


async def test_a_run_of_many_events_begins_anew(
    server: Unserved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "MOST_EVENTS", 2)
    with pytest.raises(Afresh) as afresh:
        await run(server, FIRST)
    assert afresh.value.request == DeliveryInput("acme")
    assert server.names() == ["deliver_next"] * 2
