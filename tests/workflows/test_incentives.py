"""A month's incentives, from the day it has settled until nothing of it is held any more."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from temporalio.client import WorkflowFailureError, WorkflowHandle

from partners.domain.offers.incentives.incentive_runs import RunStatus
from partners.domain.reviews.review import ReviewKind
from partners.domain.time.calendar import Month
from partners.store.judging.totals import recount_all
from partners.store.offers.incentives import incentive_runs
from partners.store.record.audit_check import verify
from tests import accruals
from tests.workflows.conftest import START, World
from workflows.kit.options import TASK_QUEUE, incentive_workflow_id
from workflows.offers.incentives import AccrualInput, AccrualResult, IncentiveAccrual
from workflows.review import ProgramReview, ReviewInput

FEBRUARY = (date(2035, 2, 1), date(2035, 2, 28))


@pytest.fixture
def paying(stage: World) -> World:
    """A tier that pays 2 % of completed value, and acme with 12 orders of 100 in February."""
    stage.accept(tiers=accruals.tiers({**accruals.SHARE, "holding_days": 20}))
    stage.partner("acme")
    stage.orders(*FEBRUARY, 12, value_cents=10_000)
    stage.covered()
    return stage


async def begin(
    world: World, month: str | None = "2035-02", workflow_id: str = ""
) -> WorkflowHandle[IncentiveAccrual, AccrualResult]:
    return await world.client.start_workflow(
        IncentiveAccrual.run,
        AccrualInput(month),
        id=workflow_id or incentive_workflow_id(month or "monthly"),
        task_queue=TASK_QUEUE,
    )


async def test_a_month_accrues_is_held_for_returns_and_is_released(paying: World) -> None:
    async with paying.working():
        with paying.env.auto_time_skipping_disabled():
            handle = await begin(paying)
            await paying.eventually(lambda: runs(paying) == ["2035-02"], "accrued")
            assert accruals.kinds(paying.database) == [("earned", Decimal("24.00"))]
            with paying.database.write() as session:  # one of them turns out to have failed
                session.execute(
                    text("UPDATE orders SET status = 'failed' WHERE order_id LIKE '%/3'")
                )
                recount_all(session.connection())
        result = await handle.result()

    assert (result.run_id, result.status) == ("2035-02", RunStatus.DONE)
    assert accruals.kinds(paying.database) == [
        ("earned", Decimal("24.00")),
        ("clawed_back", Decimal("-2.00")),
        ("payable", Decimal("22.00")),
    ]
    assert [e.day for e in accruals.entries(paying.database)] == [
        date(2035, 3, 5),
        date(2035, 3, 20),
        date(2035, 3, 20),
    ]
    assert runs(paying) == ["2035-02", "2035-02+1"]
    with paying.database.snapshot() as session:
        assert verify(session).broken is None


async def test_a_second_run_of_the_month_finds_it_accrued_and_posts_nothing(paying: World) -> None:
    async with paying.working():
        await (await begin(paying)).result()
        posted = len(accruals.entries(paying.database))
        again = await (await begin(paying, workflow_id="incentives/monthly-again")).result()

    assert again.claimed_by == "incentives/2035-02"
    assert len(accruals.entries(paying.database)) == posted


async def test_a_run_whose_workflow_is_gone_is_taken_over(paying: World) -> None:
    with paying.database.write() as session:
        incentive_runs.claim(
            session, Month(2035, 2), 0, as_of=START.date(), by="incentives/gone", now=START
        )
    async with paying.working():
        await (await begin(paying)).result()
    assert accruals.due(paying.database) == {"2035-02": Decimal("24.00")}


async def test_a_month_that_has_not_settled_is_refused(paying: World) -> None:
    async with paying.working():
        with pytest.raises(WorkflowFailureError) as refused:
            await (await begin(paying, "2035-03")).result()
    cause = getattr(refused.value.cause, "cause", None)
    assert "2035-03 has not settled yet; the newest month that has is 2035-02" in str(cause)


async def test_without_a_month_it_is_the_newest_that_has_settled(paying: World) -> None:
    async with paying.working():
        assert (await (await begin(paying, None)).result()).run_id == "2035-02"


async def test_the_details_show_what_it_came_to_by_tier(paying: World) -> None:
    async with paying.working():
        handle = await begin(paying)
        await handle.result()
        progress = await handle.query(IncentiveAccrual.show_progress)
    assert progress.words == "done"
    [accrued, released] = progress.runs
    assert [(s.tier, s.partners, s.earned) for s in accrued.sums] == [("preferred", 1, "24.00")]
    assert [s.released for s in released.sums] == ["24.00"]


@pytest.mark.parametrize("refers", [False, True])
async def test_who_earned_gets_a_statement_when_the_month_has_ended(
    stage: World, refers: bool
) -> None:
    more = {"referral": {"compensation": {"bounty": 5}}} if refers else {}
    stage.accept(tiers=accruals.tiers(accruals.SHARE), **more)
    stage.partner("acme", language="de")
    stage.orders(*FEBRUARY, 12, value_cents=10_000)
    stage.covered()
    async with stage.working():
        with stage.env.auto_time_skipping_disabled():
            await begin(stage)
            await stage.eventually(lambda: runs(stage) == ["2035-02"], "accrued")
        await stage.until(datetime(2035, 4, 2, 9, tzinfo=UTC))
        for number in range(2):  # the daily watch looks again, and finds it told
            await stage.client.execute_workflow(
                ProgramReview.run,
                ReviewInput(ReviewKind.DAILY),
                id=f"review/daily-{number}",
                task_queue=TASK_QUEUE,
            )
        await stage.eventually(lambda: stage.kinds() == ["statement"], "told")

    [mail] = stage.outbox()
    assert "Bonus für Februar 2035" in mail.text
    assert "24,00" in mail.text
    assert "das haben Ihre Bestellungen und Empfehlungen im März 2035 eingebracht." in mail.text


def runs(world: World) -> list[str]:
    with world.database.read() as session:
        done = [row for row in incentive_runs.newest(session) if row.status == RunStatus.DONE]
        return sorted(row.run_id for row in done)
