"""Promotions under time skipping: the tier changes once, and the partner is told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.reviews.promotion_activities import ReviewPromotionActivities
from partners.bootstrap.services import build_services
from partners.domain.ladder.ladder import Promotion as Earned
from partners.domain.ladder.view import PromotionRange
from partners.domain.policy.entering import Approval
from partners.domain.time.calendar import Month
from partners.store.cases.cases import new_case
from partners.store.ladder import proposals
from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.reviews import reviews
from partners.store.tables.case_tables import TierChangeRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow, ReviewAssessmentRow, ReviewRow
from partners.temporal.running import RunningPromotions
from tests.workflows.conftest import START, World
from workflows.kit.options import TASK_QUEUE, promotion_workflow_id
from workflows.promotion import Promotion, PromotionInput, PromotionResult

LONG_AGO = date(2030, 1, 1)
ENTER = {"orders_per_month": {"at_least": 10}, "tenure_months": {"at_least": 3}}
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "silver", "kind": "preferred", "removal": "out", "enter": ENTER},
    {"key": "gold", "kind": "strategic", "removal": "down", "enter": ENTER},
]


@pytest.fixture
async def program(stage: World) -> AsyncIterator[World]:
    """Workers, a ladder of three tiers, a review of February, and acme in bronze."""
    stage.accept(tiers=TIERS)
    stage.partner(tier="bronze", tier_since=LONG_AGO)
    a_review(stage)
    async with stage.working():
        yield stage


def a_review(world: World) -> None:
    with world.database.write() as session:
        session.add(
            ReviewRow(
                review_id="monthly/2035-02",
                kind="monthly",
                period="2035-02",
                month=203502,
                as_of=START.date(),
                policy_version=1,
                status="running",
                claimed_by="tests",
                started_at=START,
                counts={},
            )
        )


def approved(
    world: World, from_tier: str | None = "bronze", to_tier: str = "silver", partner: str = "acme"
) -> None:
    with world.database.write() as session:
        proposals.propose(
            session,
            {partner: Earned(partner, from_tier, to_tier, ())},
            policy_version=1,
            approval=Approval.AUTO,
            review_id="monthly/2035-02",
            now=START,
        )


async def play(world: World) -> PromotionResult:
    return await world.client.execute_workflow(
        Promotion.run,
        PromotionInput("acme"),
        id=promotion_workflow_id("acme"),
        task_queue=TASK_QUEUE,
    )


def states(world: World) -> list[str]:
    with world.database.read() as session:
        return list(session.scalars(select(CandidateRow.state)))


async def test_an_approved_partner_is_promoted_and_told(program: World) -> None:
    approved(program)

    result = await play(program)

    assert result == PromotionResult("acme", "silver", "sent")
    assert (program.row().tier, program.row().tier_since) == ("silver", START.date())
    (message,) = program.outbox()
    assert (message.kind, message.message_key) == ("promoted", "promotion/acme/1/promoted")
    assert message.subject == "You have moved up to Silver"
    assert states(program) == ["told"]
    assert [d.step for d in program.decisions()] == ["promoted", "told"]


async def test_rule_09_a_second_run_does_nothing(program: World) -> None:
    approved(program)
    await play(program)

    assert await play(program) == PromotionResult("acme")

    assert len(program.outbox()) == 1


async def test_who_returns_is_welcomed_back(program: World) -> None:
    with program.database.write() as session:
        partner = session.get_one(PartnerRow, "acme")
        partner.tier, partner.left_on = None, START.date() - timedelta(days=90)
        session.add(
            TierChangeRow(
                key="grace/acme-2034-10/outcome",
                partner_id="acme",
                from_tier="silver",
                to_tier=None,
                changed_at=START - timedelta(days=90),
                actor="workflow",
                reason="below",
            )
        )
    approved(program, from_tier=None)

    await play(program)

    (message,) = program.outbox()
    assert message.subject == "Welcome back: you have Silver status again"
    assert program.row().left_on is None


async def test_rule_10_with_an_open_case_nobody_is_promoted(program: World) -> None:
    approved(program)
    with program.database.write() as session:
        new_case(
            session,
            session.get_one(PartnerRow, "acme"),
            month=Month(2035, 2),
            since=LONG_AGO,
            policy_version=1,
            repeat=False,
            opened_at=START,
            period_days=45,
            findings=[],
        )

    result = await play(program)

    assert result == PromotionResult("acme", refusal="a case is open")
    assert (program.row().tier, program.outbox(), states(program)) == ("bronze", [], ["withdrawn"])


async def test_rule_14_while_mail_is_stopped_the_notice_waits(program: World) -> None:
    approved(program)
    with program.database.write() as session:
        outbox.stop(session, "kind/promoted", "Ann", "wrong template", START)
    handle = await program.client.start_workflow(
        Promotion.run,
        PromotionInput("acme"),
        id=promotion_workflow_id("acme"),
        task_queue=TASK_QUEUE,
    )
    await program.eventually(lambda: states(program) == ["promoted"], "promoted")
    assert program.outbox() == []
    with program.database.write() as session:
        outbox.go(session, "kind/promoted")

    await handle.signal(Promotion.look_again)

    assert (await handle.result()).told == "sent"
    assert program.kinds() == ["promoted"]


async def test_a_stopped_notice_is_tried_again_each_day(program: World) -> None:
    approved(program)
    with program.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "a pause", START)
    handle = await program.client.start_workflow(
        Promotion.run,
        PromotionInput("acme"),
        id=promotion_workflow_id("acme"),
        task_queue=TASK_QUEUE,
    )
    await program.eventually(lambda: states(program) == ["promoted"], "promoted")
    with program.database.write() as session:
        outbox.go(session, outbox.MAIL_SWITCH)

    await handle.result()

    (message,) = program.outbox()
    assert message.rendered_at < START + timedelta(days=2)


async def test_an_address_that_fails_does_not_undo_a_promotion(program: World) -> None:
    with program.database.write() as session:
        session.get_one(PartnerRow, "acme").email = "nobody@nowhere.invalid"
    approved(program)

    result = await play(program)

    assert (result.tier, result.told) == ("silver", "rejected")
    assert program.decisions()[-1].result.startswith("rejected")


async def test_an_unknown_partner_fails_for_good(program: World) -> None:
    with pytest.raises(WorkflowFailureError) as caught:
        await program.client.execute_workflow(
            Promotion.run, PromotionInput("nobody"), id="promotion/nobody", task_queue=TASK_QUEUE
        )
    assert "unknown partner 'nobody'" in str(caught.value.cause.cause)  # type: ignore[union-attr]


# ---- what a review asks for ----


async def propose(world: World) -> dict[str, int]:
    """Run the review's activity as its workflow would, with the workers' own client."""
    services = build_services(world.settings, world.database)
    activities = ReviewPromotionActivities(services, RunningPromotions(world.client))
    environment = ActivityEnvironment()
    found: dict[str, int] = await environment.run(
        activities.propose_promotions, PromotionRange("monthly/2035-02")
    )
    return found


def climbers(world: World, **policy: Any) -> None:
    world.accept(tiers=TIERS, **policy)
    with world.database.write() as session:
        newest = policies.newest(session)
        assert newest is not None
        session.get_one(ReviewRow, "monthly/2035-02").policy_version = newest[0]
    for name in ("ben", "cy"):
        world.partner(name, tier="bronze", tier_since=LONG_AGO)
        world.orders(date(2035, 2, 1), date(2035, 2, 28), 12, partner_id=name)
    world.covered()


async def test_a_review_that_promotes_automatically_starts_each_promotion(program: World) -> None:
    climbers(program, promotion={"approval": "auto"})

    counts = await propose(program)

    assert counts == {"candidates": 0, "promoted": 2, "withdrawn": 0}
    await program.eventually(lambda: states(program) == ["told", "told"], "told")
    assert (program.row("ben").tier, program.row("acme").tier) == ("silver", "bronze")
    assert program.kinds("cy") == ["promoted"]
    assert await propose(program) == {"candidates": 0, "promoted": 0, "withdrawn": 0}


@pytest.mark.parametrize(("approval", "action"), [("auto", "promote"), ("staff", "candidate")])
async def test_the_reviews_assessment_of_a_climber_says_what_the_review_did(
    program: World, approval: str, action: str
) -> None:
    """Both rose from silver, which is judged; whoever has a case keeps that."""
    climbers(program, promotion={"approval": approval})
    with program.database.write() as session:
        for name, done in (("ben", "none"), ("cy", "case")):
            session.get_one(PartnerRow, name).tier = "silver"
            session.add(
                ReviewAssessmentRow(
                    review_id="monthly/2035-02",
                    partner_id=name,
                    tier="silver",
                    verdict="passing",
                    action=done,
                    findings=[],
                )
            )

    for _ in range(2):
        await propose(program)

    with program.database.read() as session:
        rows = session.scalars(select(ReviewAssessmentRow)).all()
        assert {row.partner_id: row.action for row in rows} == {"ben": action, "cy": "case"}
        assert reviews.counted(session, "monthly/2035-02")["judged"] == 2
    if approval == "auto":  # let what was started end before the server does
        await program.eventually(lambda: states(program) == ["told", "told"], "told")


async def test_who_is_below_the_present_tier_is_not_promoted_from_it(program: World) -> None:
    climbers(program)
    with program.database.write() as session:
        session.add(
            ReviewAssessmentRow(
                review_id="monthly/2035-02",
                partner_id="ben",
                tier="bronze",
                verdict="below",
                action="case",
                findings=[],
            )
        )

    assert (await propose(program))["candidates"] == 1


async def test_rule_14_a_stopped_review_proposes_nobody(program: World) -> None:
    climbers(program)
    with program.database.write() as session:
        outbox.stop(session, "review/monthly", "Ann", "look first", START)

    with pytest.raises(ApplicationError, match="stopped by Ann: look first"):
        await propose(program)

    assert states(program) == []


async def test_a_review_leaves_candidates_to_staff(program: World) -> None:
    climbers(program, enrolment={"launch_group": ["ben", "acme"]})

    assert await propose(program) == {"candidates": 1, "promoted": 0, "withdrawn": 0}

    await asyncio.sleep(0.2)
    assert states(program) == ["waiting"]
    assert program.row("ben").tier == "bronze"
