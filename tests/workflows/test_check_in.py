"""Check-ins under time skipping: from a review, and from `partners start`; told durably, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from partners.domain.cases.case import NotOpened
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.store.mail import outbox
from partners.store.responses import responses
from partners.store.tables.review_tables import ReviewRow
from tests.workflows.conftest import START, World
from workflows.check_in import CheckIn, CheckInInput, CheckInResult
from workflows.kit.options import TASK_QUEUE, check_in_workflow_id, review_workflow_id
from workflows.review import ProgramReview, ReviewInput

STEPS = ["check_in", "warning", "removal"]
ASKED = {"cancellation_rate": {"at_most": "0.10"}}
TIER = {
    "key": "preferred",
    "kind": "preferred",
    "enter": ASKED,
    "keep": {"cancellation_rate": {"at_most": "0.10", "response": STEPS}},
}


def a_bad_month(world: World, first: date, last: date) -> None:
    """A quarter of the orders are cancelled."""
    world.orders(first, last, 15)
    world.orders(first, last, 5, "cancelled")


@pytest.fixture
async def program(stage: World) -> AsyncIterator[World]:
    """acme had a bad February; a first issue is answered by a check-in."""
    stage.accept(tiers=[TIER])
    stage.partner()
    a_bad_month(stage, date(2035, 2, 1), date(2035, 2, 28))
    stage.covered()
    async with stage.working():
        yield stage


async def review(world: World, review_id: str) -> dict[str, Any]:
    """Run a review, and wait for its counts without letting time pass."""
    kind, period = review_id.split("/")
    await world.client.start_workflow(
        ProgramReview.run,
        ReviewInput(ReviewKind(kind), period),
        id=review_workflow_id(review_id),
        task_queue=TASK_QUEUE,
    )
    found: dict[str, Any] = {}

    def is_done() -> bool:
        with world.database.read() as session:
            row = session.get(ReviewRow, review_id)
            if row is not None and row.status == ReviewStatus.DONE:
                found.update(row.counts)
        return bool(found)

    await world.eventually(is_done, f"{review_id} is done")
    return found


def told(world: World) -> list[bool]:
    with world.database.read() as session:
        return [row.told_at is not None for row in responses.of_partner(session, "acme")]


async def test_a_review_checks_in_first_and_warns_when_it_comes_again(program: World) -> None:
    counts = await review(program, "monthly/2035-02")
    assert (counts["check_in"], counts["checked_in"], counts["started"]) == (1, 1, 0)
    await program.eventually(lambda: told(program) == [True], "the check-in is told")
    assert program.kinds() == ["check_in"]
    assert program.cases() == []

    counts = await review(program, "daily/2035-03-05")  # the same month again
    assert counts.get("checked_in", 0) == 0

    a_bad_month(program, date(2035, 3, 1), date(2035, 3, 31))
    program.covered()
    await program.until(datetime(2035, 4, 4, 12, tzinfo=UTC))
    counts = await review(program, "monthly/2035-03")

    assert counts["started"] == 1
    await program.status("in_grace")
    assert program.kinds() == ["check_in", "warning"]


async def test_starting_a_case_by_hand_checks_in_where_that_comes_first(program: World) -> None:
    result = await program.play()

    assert (result.opened, result.reason) == (False, NotOpened.CHECK_IN)
    check_in = program.client.get_workflow_handle_for(CheckIn.run, check_in_workflow_id("acme"))
    assert await check_in.result() == CheckInResult("acme", "sent")
    assert program.kinds() == ["check_in"]


async def test_a_stopped_check_in_waits_and_goes_out_when_mail_goes_again(
    program: World,
) -> None:
    with program.database.write() as session:
        outbox.stop(session, "kind/check_in", "Ann", "wording", START)
    handle = await program.client.start_workflow(
        CheckIn.run,
        CheckInInput("acme"),
        id=check_in_workflow_id("acme"),
        task_queue=TASK_QUEUE,
    )
    await program.until(START + timedelta(days=2, hours=6))
    assert program.outbox() == []
    with program.database.write() as session:
        outbox.go(session, "kind/check_in")
    await handle.signal(CheckIn.look_again)

    assert await handle.result() == CheckInResult("acme", "sent")
    assert told(program) == [True]


async def test_nobody_is_checked_in_on_without_a_reason(program: World) -> None:
    program.partner("birch")
    result = await program.client.execute_workflow(
        CheckIn.run,
        CheckInInput("birch"),
        id=check_in_workflow_id("birch"),
        task_queue=TASK_QUEUE,
    )
    assert result == CheckInResult("birch", reason=NotOpened.INSUFFICIENT)
