"""Scheduled reviews that nobody was there to run: each is about the period it was due for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from temporalio.client import ScheduleBackfill

from partners.domain.reviews.review import ReviewKind, ReviewStatus, period_on
from partners.store.tables.review_tables import ReviewRow
from partners.temporal import schedules
from tests import builders
from tests.live.conftest import SETTLED, UNGUARDED, Live

DAY = timedelta(days=1)


async def missed(live: Live, kind: ReviewKind, days_ago: int, until_days_ago: int = 0) -> set[str]:
    """Have the schedule start what was due in those days; returns the ids of the reviews."""
    hour = builders.a_policy().program.office_hour
    due = schedules.due(kind, builders.a_policy())
    month_days = {r.start for r in due.day_of_month}
    months = {r.start for r in due.month}
    noon = datetime(live.today.year, live.today.month, live.today.day, 12, tzinfo=UTC) - DAY
    first, last = noon - days_ago * DAY, noon - until_days_ago * DAY
    handle = live.client.get_schedule_handle(schedules.schedule_id(kind))
    await handle.backfill(ScheduleBackfill(start_at=first, end_at=last))
    days = [(first + n * DAY).replace(hour=hour) for n in range((last - first).days + 1)]
    return {
        period_on(kind, at.date(), SETTLED).review_id
        for at in days
        if first < at <= last
        and (kind is ReviewKind.DAILY or (at.day in month_days and at.month in months))
    }


def reviews_done(live: Live) -> set[str]:
    with live.database.read() as session:
        query = select(ReviewRow.review_id).where(ReviewRow.status == ReviewStatus.DONE)
        return set(session.scalars(query))


async def test_runs_missed_while_no_worker_was_there_review_each_its_own_period(
    live: Live,
) -> None:
    live.accept(guard=UNGUARDED)
    live.below("acme")
    await schedules.prepare(live.client, builders.a_policy())
    expected = await missed(live, ReviewKind.DAILY, 4)
    expected |= await missed(live, ReviewKind.MONTHLY, 100)
    expected |= await missed(live, ReviewKind.QUARTERLY, 190)
    assert len(expected) >= 4 + 3 + 2

    async with live.working():
        await live.eventually(lambda: reviews_done(live) == expected, f"{expected} are done")
        await live.eventually(lambda: live.cases("in_grace") == 1, "acme is warned")

        audits = sum(review_id.startswith("quarterly/") for review_id in expected)
        told = {("warning", "acme"): 1, ("audit", None): audits}
        await live.eventually(lambda: live.mails() == told, "staff hear of each audit")

    again = await missed(live, ReviewKind.DAILY, 4)
    async with live.working():
        (late,) = await missed(live, ReviewKind.DAILY, 6, 5)
        await live.eventually(lambda: late in reviews_done(live), "a day before them")
    assert reviews_done(live) == expected | again | {late}
    assert live.mails() == told


async def test_a_watch_that_waits_for_a_person_does_not_keep_the_next_from_watching(
    live: Live,
) -> None:
    many = [f"p{n}" for n in range(10)]
    live.accept()
    live.below(*many)
    await schedules.prepare(live.client, builders.a_policy())
    async with live.working():
        (held,) = await missed(live, ReviewKind.DAILY, 2, 1)
        await live.eventually(lambda: live.mails() == {("guard", None): 1}, "the first waits")
        live.below("acme")

        (following,) = await missed(live, ReviewKind.DAILY, 1)

        await live.eventually(lambda: reviews_done(live) == {following}, "the next is done")
        await live.eventually(lambda: live.cases("in_grace") == 1, "acme is warned")
    assert held != following
    assert live.mails() == {("guard", None): 1, ("warning", "acme"): 1}
