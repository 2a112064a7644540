"""Records check-ins: `python -m tests.workflows.record_response_histories`.

As `record_histories` does for cases; to `histories/response/<story>.json`. A story's name begins
with the workflow that it is of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from partners.domain.reviews.review import ReviewKind
from partners.store.mail import outbox
from tests.workflows.conftest import START, World
from tests.workflows.record_histories import HISTORIES, main
from workflows.check_in import CheckIn, CheckInInput
from workflows.kit.options import TASK_QUEUE, check_in_workflow_id
from workflows.review import ProgramReview, ReviewInput

RESPONSE_HISTORIES = HISTORIES / "response"
Handle = WorkflowHandle[Any, Any]
KEEP = {"cancellation_rate": {"at_most": "0.10", "response": ["check_in", "warning", "removal"]}}
ENTER = {"cancellation_rate": {"at_most": "0.10"}}


def _slipped(world: World) -> None:
    """acme had a quarter of February's orders cancelled, for the first time."""
    world.accept(tiers=[{"key": "preferred", "kind": "preferred", "enter": ENTER, "keep": KEEP}])
    world.partner()
    world.orders(date(2035, 2, 1), date(2035, 2, 28), 15)
    world.orders(date(2035, 2, 1), date(2035, 2, 28), 5, "cancelled")
    world.covered()


async def _check_in(world: World) -> Handle:
    return await world.client.start_workflow(
        CheckIn.run,
        CheckInInput("acme"),
        id=check_in_workflow_id("acme"),
        task_queue=TASK_QUEUE,
        start_signal="look_again",  # as partners.temporal.connecting.RunningCheckIns starts it
    )


async def check_in_told(world: World) -> Handle:
    _slipped(world)
    handle = await _check_in(world)
    await handle.result()
    assert world.kinds() == ["check_in"]
    return handle


async def check_in_told_when_mail_goes_again(world: World) -> Handle:
    _slipped(world)
    with world.database.write() as session:
        outbox.stop(session, "kind/check_in", "Ann", "wording", START)
    handle = await _check_in(world)
    await world.until(START + timedelta(days=1, hours=6))
    with world.database.write() as session:
        outbox.go(session, "kind/check_in")
    await handle.signal(CheckIn.look_again)
    await handle.result()
    assert world.kinds() == ["check_in"]
    return handle


async def check_in_not_due(world: World) -> Handle:
    world.partner()
    world.covered()
    handle = await _check_in(world)
    await handle.result()
    return handle


async def case_not_opened(world: World) -> Handle:
    _slipped(world)
    handle = await world.start()
    await handle.result()
    return handle


async def review_daily(world: World) -> Handle:
    _slipped(world)
    handle = await world.client.start_workflow(
        ProgramReview.run,
        ReviewInput(ReviewKind.DAILY),
        id="review/recorded",
        task_queue=TASK_QUEUE,
    )
    await handle.result()
    return handle


RESPONSE_STORIES: dict[str, Callable[[World], Awaitable[Handle]]] = {
    story.__name__: story
    for story in (
        check_in_told,
        check_in_told_when_mail_goes_again,
        check_in_not_due,
        case_not_opened,
        review_daily,
    )
}


if __name__ == "__main__":
    main(RESPONSE_STORIES, RESPONSE_HISTORIES)
