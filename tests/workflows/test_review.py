"""A review from claim to counts, under time skipping; guard, joining, late runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from partners.domain.judging.coverage import DayRange
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.store.mail import outbox
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.review_tables import ReviewAssessmentRow, ReviewRow
from tests.workflows.conftest import World, signed
from workflows.kit.options import SCHEDULED_AT, TASK_QUEUE, review_workflow_id
from workflows.review import ProgramReview, ReviewInput, ReviewResult

Handle = WorkflowHandle[ProgramReview, ReviewResult]
FEBRUARY = "monthly/2035-02"


async def start(
    world: World,
    kind: ReviewKind = ReviewKind.MONTHLY,
    period: str | None = None,
    workflow_id: str = "review/by-hand",
) -> Handle:
    return await world.client.start_workflow(
        ProgramReview.run, ReviewInput(kind, period), id=workflow_id, task_queue=TASK_QUEUE
    )


async def review(world: World, *arguments: object, **options: object) -> ReviewResult:
    return await (await start(world, *arguments, **options)).result()  # type: ignore[arg-type]


def good(world: World, partner_id: str) -> None:
    world.partner(partner_id)
    world.orders(date(2034, 6, 1), date(2035, 2, 28), 200, partner_id=partner_id)


def assessments(world: World) -> dict[tuple[str, str], str]:
    with world.database.read() as session:
        rows = session.query(ReviewAssessmentRow).all()
        return {(r.review_id, r.partner_id): f"{r.verdict}/{r.action}" for r in rows}


def row(world: World, review_id: str = FEBRUARY) -> ReviewRow:
    with world.database.read() as session:
        return session.get_one(ReviewRow, review_id)


async def test_a_monthly_review_judges_everybody_and_starts_cases_that_outlive_it(
    world: World,
) -> None:
    world.too_few_orders("acme")
    good(world, "birch")
    world.partner("cedar", tier=None)
    world.covered()

    handle = await start(world)
    result = await handle.result()

    assert (result.review_id, result.status) == (FEBRUARY, ReviewStatus.DONE)
    assert assessments(world) == {
        (FEBRUARY, "acme"): "below/case",
        (FEBRUARY, "birch"): "passing/none",
    }
    assert result.counts == {
        "judged": 2, "exempt": 0, "passing": 1, "below": 1, "insufficient": 0,
        "case": 1, "started": 1, "candidates": 0, "promoted": 0, "withdrawn": 0,
    }  # fmt: skip
    await world.status("in_grace")
    assert world.kinds() == ["warning"]
    stored = row(world)
    assert (stored.status, stored.month, stored.counts) == ("done", 203502, result.counts)


async def test_a_second_run_of_a_period_gives_the_first_ones_result(world: World) -> None:
    world.too_few_orders()
    world.covered()
    first = await review(world)

    second = await review(world, ReviewKind.MONTHLY, "2035-02", workflow_id="review/again")

    assert (second.status, second.counts) == (ReviewStatus.DONE, first.counts)
    assert second.claimed_by == "review/by-hand"
    assert len(world.cases()) == 1


async def test_a_review_whose_run_was_terminated_is_taken_over(world: World) -> None:
    for n in range(10):
        world.too_few_orders(f"p{n}")
    world.covered()
    waiting = await start(world)
    await waits(waiting)
    await waiting.terminate()

    again = await start(world, workflow_id="review/again")
    await waits(again)
    assert await again.execute_update(ProgramReview.approve, signed()) == (
        f"{FEBRUARY} is approved: 10 partners"
    )
    result = await again.result()

    assert result.counts["started"] == 10
    assert len(assessments(world)) == 10


def audit_mails(world: World) -> list[OutboxRow]:
    with world.database.read() as session:
        return list(session.scalars(select(OutboxRow).where(OutboxRow.kind == "audit")))


async def waits(handle: Handle, step: str = "waiting") -> None:
    """Until the run waits: for a person's approval, where nothing else is named."""
    async with asyncio.timeout(20):
        while not (await handle.query(ProgramReview.show_progress)).step.startswith(step):
            await asyncio.sleep(0.05)


async def test_a_run_that_joins_another_leaves_it_alone(world: World) -> None:
    for n in range(10):
        world.too_few_orders(f"p{n}")
    world.covered()
    waiting = await start(world)
    await waits(waiting)

    joined = await review(world, workflow_id="review/again")

    assert (joined.status, joined.claimed_by) == (ReviewStatus.WAITING, "review/by-hand")
    await waiting.execute_update(ProgramReview.reject, signed())
    await waiting.result()


async def test_over_the_guard_a_review_waits_for_a_person_and_then_warns_each_once(
    world: World,
) -> None:
    for n in range(10):
        world.too_few_orders(f"p{n}")
    world.covered()
    handle = await start(world)
    await waits(handle)
    assert world.cases() == []
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(ProgramReview.approve, signed(who=" "))

    await handle.execute_update(ProgramReview.approve, signed())
    await handle.result()

    for n in range(10):
        await world.status("in_grace", f"p{n}")
        assert world.kinds(f"p{n}") == ["warning"]


async def test_a_rejected_review_starts_nothing_and_says_who_rejected_it(world: World) -> None:
    for n in range(10):
        world.too_few_orders(f"p{n}")
    world.covered()
    handle = await start(world)
    await waits(handle)

    await handle.execute_update(ProgramReview.reject, signed(reason="the feed is wrong"))
    # awaiting a result lets the server's clock leap, so the daily review goes first
    await world.eventually(lambda: row(world).status == ReviewStatus.DONE, "the review ends")
    daily = await review(world, ReviewKind.DAILY, workflow_id="review/daily")
    result = await handle.result()

    assert (daily.counts["started"], world.cases()) == (0, [])
    assert result.status is ReviewStatus.DONE
    assert result.detail == "no case was started: rejected by Ann: the feed is wrong"
    assert result.counts["held"] == 10


async def test_a_stale_feed_judges_nobody_and_names_the_last_covered_day(world: World) -> None:
    world.too_few_orders()
    world.covered(DayRange(date(2034, 1, 1), date(2035, 2, 28)))

    result = await review(world)

    assert result.status is ReviewStatus.REFUSED
    assert "last covered day is 2035-02-28" in result.detail
    assert assessments(world) == {}
    world.covered(DayRange(date(2034, 1, 1), date(2099, 12, 31)))  # the clock leaps after a result
    again = await review(world, ReviewKind.MONTHLY, "2035-02", workflow_id="review/again")
    assert (again.review_id, again.status) == (FEBRUARY, ReviewStatus.DONE)


async def test_a_late_run_reviews_the_period_that_it_was_due_for(world: World) -> None:
    world.too_few_orders()
    world.covered()
    due = datetime(2035, 2, 4, 9, tzinfo=UTC)
    await world.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace="default",
            search_attributes={SCHEDULED_AT.name: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME},
        )
    )
    handle = await world.client.start_workflow(
        ProgramReview.run,
        ReviewInput(),
        id="review/monthly-late",
        task_queue=TASK_QUEUE,
        search_attributes=TypedSearchAttributes([SearchAttributePair(SCHEDULED_AT, due)]),
    )

    assert (await handle.result()).review_id == "monthly/2035-01"


async def test_a_named_period_that_has_not_settled_fails_with_the_reason(world: World) -> None:
    world.covered()
    with pytest.raises(Exception) as failed:  # noqa: PT011
        await review(world, ReviewKind.MONTHLY, "2035-03")
    assert "2035-03 has not ended" in str(failed.value.__cause__.__cause__)  # type: ignore[union-attr]


async def test_a_daily_watch_starts_and_tells_only_those_concerned(world: World) -> None:
    world.too_few_orders("acme")
    good(world, "birch")
    world.covered()
    handle = await start(world, ReviewKind.DAILY, workflow_id="review/daily-1")
    await world.status("in_grace")
    today = "daily/2035-03-05"
    await world.eventually(
        lambda: row(world, today).status == ReviewStatus.DONE, "the first watch ends"
    )
    await world.env.sleep(timedelta(days=1))

    second = await review(world, ReviewKind.DAILY, workflow_id="review/daily-2")

    first = await handle.result()
    assert first.review_id == "daily/2035-03-05"
    assert (first.counts["started"], first.counts["signalled"]) == (1, 0)
    assert (second.counts["started"], second.counts["judged"]) == (0, 2)
    assert set(assessments(world)) == {("daily/2035-03-05", "acme")}


async def test_a_quarterly_audit_keeps_the_results_and_acts_on_nothing(world: World) -> None:
    world.too_few_orders("acme")
    world.covered()

    result = await review(world, ReviewKind.QUARTERLY)

    assert result.review_id == "quarterly/2034-Q4"
    assert set(assessments(world)) == {("quarterly/2034-Q4", "acme")}
    assert world.cases() == []
    (told,) = audit_mails(world)
    assert told.subject == "Quarterly audit 2034-Q4: 0 of 1 partners below their standards"


async def test_rule_14_staff_hear_of_an_audit_once_mail_goes_again(world: World) -> None:
    world.too_few_orders("acme")
    world.covered()
    with world.database.write() as session:
        outbox.stop(session, "mail", "Ann", "a wrong template", await world.now())

    handle = await start(world, ReviewKind.QUARTERLY)
    await waits(handle, "done; the summary waits")
    assert audit_mails(world) == []
    with world.database.write() as session:
        outbox.go(session, "mail")

    assert (await handle.result()).status is ReviewStatus.DONE
    assert len(audit_mails(world)) == 1


async def test_a_review_takes_few_actions_whatever_the_number_of_partners(world: World) -> None:
    for n in range(40):
        world.partner(f"p{n:02d}")
        world.orders(date(2035, 2, 1), date(2035, 2, 28), 20, partner_id=f"p{n:02d}")
    world.too_few_orders("acme")
    world.covered()

    handle = await start(world, workflow_id=review_workflow_id(FEBRUARY))
    await handle.result()

    history = await handle.fetch_history()
    kinds = [event.event_type for event in history.events]
    billable = (
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    )
    assert sum(kind in billable for kind in kinds) <= 8
    assert len(kinds) < 50
