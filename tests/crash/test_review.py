"""A review whose worker is killed, again and again, wherever it happens to be."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import date

from sqlalchemy import select

from partners.store.tables.review_tables import CandidateRow, ReviewAssessmentRow
from tests.crash.conftest import CrashWorld
from workflows.kit.options import TASK_QUEUE, review_workflow_id
from workflows.review import ProgramReview, ReviewInput

KILLS = int(os.environ.get("REVIEW_KILLS", "4"))
"""How often the worker is killed; twenty takes a minute and a half."""
PARTNERS = [f"p{n:02d}" for n in range(12)]
GUARD = {"max_partners": 500, "max_share": 1, "always_allow": 100}


async def test_a_review_killed_at_random_judges_each_partner_once_and_warns_each_once(
    world: CrashWorld,
) -> None:
    world.accept(guard=GUARD)
    for partner_id in PARTNERS:
        world.too_few_orders(partner_id)
    world.covered()
    dice = random.Random()
    handle = await world.client.start_workflow(
        ProgramReview.run,
        ReviewInput(),
        id=review_workflow_id("monthly/2035-02"),
        task_queue=TASK_QUEUE,
    )

    for _ in range(KILLS):
        process = world.worker()
        await world.ready(process)
        await asyncio.sleep(dice.uniform(0, 0.8))
        world.kill(process)
    world.worker()
    async with asyncio.timeout(90):
        result = await handle.result()
        while len([case for case in world.cases() if case.status == "in_grace"]) < 13:
            await asyncio.sleep(0.1)

    assert (result.counts["judged"], result.counts["case"]) == (13, 13)
    with world.database.read() as session:
        judged = session.scalars(select(ReviewAssessmentRow.partner_id)).all()
    assert Counter(judged) == Counter(["acme", *PARTNERS])
    for partner_id in PARTNERS:
        assert [row.kind for row in world.outbox(partner_id)] == ["warning"]


async def test_a_review_of_several_pages_killed_in_mid_page_judges_and_counts_each_once(
    world: CrashWorld,
) -> None:
    """In its second page of judgements, and in its third of promotions: what was committed counts,
    and what was not is done again."""
    world.accept(guard=GUARD)
    for partner_id in PARTNERS:
        world.too_few_orders(partner_id)
        newcomer = f"q{partner_id}"
        world.partner(newcomer, tier=None, tier_since=None)
        world.orders(date(2034, 6, 1), date(2035, 2, 28), 200, partner_id=newcomer)
    world.covered()
    (world.folder / "page_size").write_text("5")
    handle = await world.client.start_workflow(
        ProgramReview.run,
        ReviewInput(),
        id=review_workflow_id("monthly/2035-02"),
        task_queue=TASK_QUEUE,
    )

    for point in ("within record 2", "within propose 4"):
        await world.killed(world.worker(point))
    world.worker()
    async with asyncio.timeout(90):
        result = await handle.result()

    counts = result.counts
    assert (counts["judged"], counts["case"], counts["candidates"]) == (13, 13, 12)
    with world.database.read() as session:
        judged = session.scalars(select(ReviewAssessmentRow.partner_id)).all()
        proposed = session.scalars(select(CandidateRow.partner_id)).all()
    assert Counter(judged) == Counter(["acme", *PARTNERS])
    assert Counter(proposed) == Counter(f"q{partner_id}" for partner_id in PARTNERS)
