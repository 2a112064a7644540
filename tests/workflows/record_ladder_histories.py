"""Records promotions, policies and prices: `python -m tests.workflows.record_ladder_histories`.

As `record_histories` does for cases; to `histories/ladder/<story>.json`. A story's name begins with
the workflow that it is of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from partners.domain.ladder.ladder import Promotion as Earned
from partners.domain.policy.entering import Approval
from partners.store.ladder import ladder, proposals
from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.tables.review_tables import ReviewRow
from tests import builders
from tests.offered import offered, priced
from tests.workflows.conftest import START, World
from tests.workflows.record_histories import HISTORIES, main
from workflows.kit.options import (
    TASK_QUEUE,
    policy_workflow_id,
    price_workflow_id,
    promotion_workflow_id,
)
from workflows.offers.price_change import PriceChange, PriceChangeInput
from workflows.policy_change import PolicyChange, PolicyChangeInput
from workflows.promotion import Promotion, PromotionInput

LADDER_HISTORIES = HISTORIES / "ladder"
LONG_AGO = date(2030, 1, 1)
ENTER = {"orders_per_month": {"at_least": 10}}
Handle = WorkflowHandle[Any, Any]


def _climber(world: World, approval: Approval) -> None:
    """acme in bronze has earned silver, as a review of February found on policy version 2."""
    world.accept(
        tiers=[
            {"key": "bronze", "kind": "public"},
            {"key": "silver", "kind": "preferred", "removal": "out", "enter": ENTER},
        ],
        promotion={"approval": approval},
    )
    world.partner(tier="bronze", tier_since=LONG_AGO)
    review = ReviewRow(
        review_id="monthly/2035-02",
        kind="monthly",
        period="2035-02",
        month=203502,
        as_of=START.date(),
        policy_version=2,
        status="running",
        claimed_by="review/recorded",
        started_at=START,
        counts={},
    )
    with world.database.write() as session:
        session.add(review)
        session.flush()
        proposals.propose(
            session,
            {"acme": Earned("acme", "bronze", "silver", ())},
            policy_version=2,
            approval=approval,
            review_id=review.review_id,
            now=START,
        )


async def _promote(world: World) -> Handle:
    return await world.client.start_workflow(
        Promotion.run,
        PromotionInput("acme"),
        id=promotion_workflow_id("acme"),
        task_queue=TASK_QUEUE,
        start_signal="look_again",  # as partners.temporal.connecting.RunningPromotions starts it
    )


def _is_told(world: World) -> bool:
    return world.kinds() == ["promoted"]


async def promotion_approved_by_the_policy(world: World) -> Handle:
    _climber(world, Approval.AUTO)
    handle = await _promote(world)
    await handle.result()
    assert _is_told(world)
    return handle


async def promotion_approved_by_staff(world: World) -> Handle:
    _climber(world, Approval.STAFF)
    with world.database.write() as session:
        row = ladder.candidate_of(session, "acme", [ladder.CandidateState.WAITING])
        assert row is not None
        ladder.approve(session, row, "Ann", "a good year", START)
    handle = await _promote(world)
    await handle.result()
    assert _is_told(world)
    return handle


async def promotion_told_when_mail_goes_again(world: World) -> Handle:
    _climber(world, Approval.AUTO)
    _stop_mail(world)
    handle = await _promote(world)
    await world.until(START + timedelta(days=1, hours=6))
    _let_mail_go(world)
    await handle.signal(Promotion.look_again)
    await handle.result()
    assert _is_told(world)
    return handle


async def promotion_overtaken(world: World) -> Handle:
    """The tier has changed since it was approved, so nothing comes of it."""
    _climber(world, Approval.AUTO)
    with world.database.write() as session:
        session.get_one(ladder.PartnerRow, "acme").tier = None
    handle = await _promote(world)
    await handle.result()
    assert world.outbox() == []
    return handle


def _published(world: World) -> None:
    """Version 2 asks more of two partners, one of whom has no address."""
    world.partner("acme")
    world.partner("gone", email="")
    tier = {**builders.POLICY["tiers"][0], "enter": {"orders_per_month": {"at_least": 12}}}
    with world.database.write() as session:
        policy = builders.a_policy(tiers=[tier])
        policies.publish(session, policy, "", START, "ann", date(2035, 4, 4), None)


async def _tell(world: World) -> Handle:
    return await world.client.start_workflow(
        PolicyChange.run,
        PolicyChangeInput(2),
        id=policy_workflow_id(2),
        task_queue=TASK_QUEUE,
    )


async def policy_change_told(world: World) -> Handle:
    _published(world)
    handle = await _tell(world)
    await handle.result()
    assert world.kinds() == ["standards_changed"]
    return handle


async def policy_change_told_when_mail_goes_again(world: World) -> Handle:
    _published(world)
    _stop_mail(world)
    handle = await _tell(world)
    await world.until(START + timedelta(days=1, hours=6))
    _let_mail_go(world)
    await handle.signal(PolicyChange.notice_changed)
    await handle.result()
    assert world.kinds() == ["standards_changed"]
    return handle


PRICE_DAY = date(2035, 4, 4)


def _dearer(world: World) -> None:
    """An offer that gets dearer for two partners, one of whom has no address."""
    world.partner("acme")
    world.partner("gone", email="")
    with world.database.write() as session:
        offered(session, "care")
        priced(session, "care", 100, until_day=PRICE_DAY - timedelta(days=1))
        priced(session, "care", 120, from_day=PRICE_DAY)


async def _tell_price(world: World) -> Handle:
    return await world.client.start_workflow(
        PriceChange.run,
        PriceChangeInput(2, PRICE_DAY),
        id=price_workflow_id(2, PRICE_DAY),
        task_queue=TASK_QUEUE,
    )


async def price_change_told(world: World) -> Handle:
    _dearer(world)
    handle = await _tell_price(world)
    result = await handle.result()
    assert (result.told, result.untold) == (1, 1)
    assert world.kinds() == ["price_change"]
    return handle


async def price_change_told_when_mail_goes_again(world: World) -> Handle:
    _dearer(world)
    _stop_mail(world)
    handle = await _tell_price(world)
    await world.until(START + timedelta(days=1, hours=6))
    _let_mail_go(world)
    await handle.signal(PriceChange.notice_changed)
    await handle.result()
    assert world.kinds() == ["price_change"]
    return handle


def _stop_mail(world: World) -> None:
    with world.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "wrong wording", START)


def _let_mail_go(world: World) -> None:
    with world.database.write() as session:
        outbox.go(session, outbox.MAIL_SWITCH)


LADDER_STORIES: dict[str, Callable[[World], Awaitable[Handle]]] = {
    story.__name__: story
    for story in (
        promotion_approved_by_the_policy,
        promotion_approved_by_staff,
        promotion_told_when_mail_goes_again,
        promotion_overtaken,
        policy_change_told,
        policy_change_told_when_mail_goes_again,
        price_change_told,
        price_change_told_when_mail_goes_again,
    )
}


if __name__ == "__main__":
    main(LADDER_STORIES, LADDER_HISTORIES)
