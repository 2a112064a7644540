"""The queries that docs/reading-timelines.md recommends, asked of the real server."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from partners.domain.cases.view import GracePeriodInput
from partners.domain.reviews.review import ReviewKind
from partners.store.tables.case_tables import CaseRow
from tests import builders
from tests.live.conftest import UNGUARDED, Live
from workflows.grace_period import GracePeriod
from workflows.kit.options import PARTNER_STANDING, TASK_QUEUE, grace_workflow_id

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| (?P<question>.+?\?|Everything .+?) \| `(?P<query>.+)` \|$", re.MULTILINE)
QUERIES: dict[str, str] = {
    found["question"]: found["query"]
    for found in ROW.finditer((DOCS / "reading-timelines.md").read_text())
}


async def ask(live: Live, query: str) -> set[str]:
    return {found.id async for found in live.client.list_workflows(query)}


async def start(live: Live, partner_id: str) -> None:
    await live.client.start_workflow(
        GracePeriod.run,
        GracePeriodInput(partner_id),
        id=grace_workflow_id(partner_id),
        task_queue=TASK_QUEUE,
    )


async def older(live: Live, partner_id: str, standing: str) -> None:
    """A case that an older version has filed, with a space; nobody has looked at it since."""
    await live.client.start_workflow(
        GracePeriod.run,
        GracePeriodInput(partner_id),
        id=grace_workflow_id(partner_id),
        task_queue="nobody's",
        search_attributes=TypedSearchAttributes([SearchAttributePair(PARTNER_STANDING, standing)]),
    )


@pytest.fixture
def weak(live_on_sqlite: Live) -> Live:
    """acme can be warned; palm cannot be written to; oak is fine."""
    live = live_on_sqlite
    live.accept(guard=UNGUARDED)
    with live.database.write() as session:
        builders.a_partner(session, "palm", email="hello@palm.invalid")
        builders.a_partner(session, "oak")
        for partner_id, count in (("palm", 6), ("oak", 40)):
            builders.orders(session, partner_id, live.month.first_day, live.month.last_day, count)
    live.below("acme")
    return live


async def test_every_saved_view_is_understood_and_finds_whom_it_is_about(weak: Live) -> None:
    async with weak.working():
        await older(weak, "elm", "in grace")
        await older(weak, "fir", "on hold")
        for partner_id in ("acme", "palm", "oak"):
            await start(weak, partner_id)
        await weak.eventually(lambda: weak.cases("in_grace") == 1, "acme is warned")
        await weak.eventually(lambda: weak.cases("on_hold") == 1, "palm is on hold")
        await (await weak.start("review/daily", ReviewKind.DAILY)).result()
    with weak.database.read() as session:
        deadline = session.scalars(select(CaseRow.deadline).where(CaseRow.deadline.is_not(None)))
        day = deadline.one()
    assert day is not None
    monday = day - timedelta(days=day.weekday())
    dates = {
        "2026-12-07": str(monday),
        "2026-12-13": str(monday + timedelta(days=6)),
        "2026-12-01": "2020-01-01",
        "2026-10": str(weak.today),
        "gold": "preferred",
        "old-mill": "acme",
    }
    expected = {
        "Who is in grace?": {"grace/acme", "grace/elm"},
        "Whose deadline comes this week?": {"grace/acme"},
        "Who waits for a person?": {"grace/palm", "grace/fir"},
        "Which gold partners have an open case?": {"grace/acme", "grace/palm"},
        "Everything about one partner's cases": {"grace/acme"},
        "Which reviews ran?": {"review/daily"},
        "What did October's review do?": {"review/daily"},
    }
    assert len(QUERIES) >= 15

    async def answers() -> dict[str, set[str]]:
        found = {}
        for question, query in QUERIES.items():
            for word, own in dates.items():
                query = query.replace(word, own)
            found[question] = await ask(weak, query)
        return {question: ids for question, ids in found.items() if ids}

    for _ in range(50):  # the server's list is a moment behind
        if (found := await answers()) == expected:
            break
        await asyncio.sleep(0.2)
    assert found == expected


async def test_the_daily_watch_has_an_open_case_looked_after_again(weak: Live) -> None:
    async with weak.working():
        await start(weak, "acme")
        await weak.eventually(lambda: weak.cases("in_grace") == 1, "acme is warned")
        await weak.client.get_workflow_handle("grace/acme").terminate("somebody clicked")
        await (await weak.start("review/daily", ReviewKind.DAILY)).result()

        running = 'WorkflowId = "grace/acme" AND ExecutionStatus = "Running"'
        assert await ask(weak, running) == {"grace/acme"}
        handle = weak.client.get_workflow_handle_for(GracePeriod.run, "grace/acme")
        seen = await handle.query(GracePeriod.show_case)

    assert seen is not None
    assert seen.status == "in_grace"
    assert weak.mails()["warning", "acme"] == 1
