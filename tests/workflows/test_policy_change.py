"""Policies change while cases run: an explicit migration (rule 6), and telling partners."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError

from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.tables.mail_tables import OutboxRow
from tests import builders
from tests.workflows.conftest import START, World, signed
from workflows.grace_period import GracePeriod
from workflows.kit.options import TASK_QUEUE, policy_workflow_id
from workflows.policy_change import PolicyChange, PolicyChangeInput

DEADLINE = date(2035, 4, 19)


def asking(orders: int, **sections: Any) -> Any:
    tier = {**builders.POLICY["tiers"][0], "enter": {"orders_per_month": {"at_least": orders}}}
    return builders.a_policy(tiers=[tier], **sections)


async def warned(world: World) -> Any:
    """A case whose warning asked for 10 orders a month."""
    builders.accept(world.database, asking(10))
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    return handle


async def test_rule_06_a_migrated_case_is_judged_by_the_policy_in_force(stage: World) -> None:
    async with stage.working():
        handle = await warned(stage)
        stage.orders(date(2035, 3, 20), DEADLINE, 12)
        builders.accept(stage.database, asking(20))
        await stage.until(START + timedelta(days=1))

        answer = await handle.execute_update(GracePeriod.migrate, signed(reason="agreed"))

        assert answer.startswith("In grace until 2035-04-19")
        assert (await handle.result()).outcome == "removed"
    assert stage.case().policy_version == 2
    (moved,) = [d for d in stage.decisions() if d.step == "migrated"]
    assert (moved.actor, moved.reason, moved.policy_version) == ("Ann", "agreed", 1)
    assert moved.result == "from policy version 1 to 2"


async def test_rule_06_the_partner_is_told_if_what_is_required_changes(stage: World) -> None:
    async with stage.working():
        handle = await warned(stage)
        builders.accept(stage.database, asking(8))

        await handle.execute_update(GracePeriod.migrate, signed())

        await stage.eventually(lambda: len(stage.kinds()) == 2, "the partner is told")
        message = stage.outbox()[1]
        assert message.message_key == "grace/acme-2035-02/standards_changed/2"
        for words in ("at least 10 orders", "at least 8 orders", "19 April 2035"):
            assert words in message.text
        await handle.result()
        assert stage.kinds() == ["warning", "standards_changed", "reminder", "reminder", "removal"]


async def test_rule_12_a_longer_grace_moves_the_deadline_later_and_a_shorter_one_never_earlier(
    stage: World,
) -> None:
    async with stage.working():
        handle = await warned(stage)
        builders.accept(stage.database, asking(10, grace={"days": 30}))
        await handle.execute_update(GracePeriod.migrate, signed())
        assert stage.case().deadline == DEADLINE
        builders.accept(stage.database, asking(10, grace={"days": 60}))
        await handle.execute_update(GracePeriod.migrate, signed())
        assert stage.case().deadline == date(2035, 5, 4)
        await handle.result()
        assert "standards_changed" not in stage.kinds()  # nothing required has changed


async def test_rule_06_a_case_that_the_new_standards_would_not_open_is_voided(
    stage: World,
) -> None:
    async with stage.working():
        handle = await warned(stage)
        builders.accept(stage.database, asking(5))

        await handle.execute_update(GracePeriod.migrate, signed())

        assert (await handle.result()).outcome == "voided"
    assert (stage.kinds(), stage.row().tier) == (["warning", "correction"], "preferred")


async def test_rule_06_a_criterion_that_is_no_longer_asked_voids_the_case(stage: World) -> None:
    async with stage.working():
        handle = await warned(stage)
        tier = {**builders.POLICY["tiers"][0], "enter": {"revenue": {"at_least": 1}}}
        builders.accept(stage.database, builders.a_policy(tiers=[tier]))

        await handle.execute_update(GracePeriod.migrate, signed())

        assert (await handle.result()).outcome == "voided"


async def test_rule_05_a_new_criterion_waits_for_a_later_case(stage: World) -> None:
    async with stage.working():
        handle = await warned(stage)
        stage.orders(date(2035, 3, 20), DEADLINE, 12)
        enter = {"orders_per_month": {"at_least": 10}, "rating": {"at_least": 4}}
        tier = {**builders.POLICY["tiers"][0], "enter": enter}
        builders.accept(stage.database, builders.a_policy(tiers=[tier]))

        await handle.execute_update(GracePeriod.migrate, signed())

        assert (await handle.result()).outcome == "reinstated"


async def test_a_migration_before_the_warning_changes_what_the_warning_says(stage: World) -> None:
    builders.accept(stage.database, asking(10))
    stage.too_few_orders()
    stage.covered()
    with stage.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "why", START)
    async with stage.working():
        handle = await stage.start()
        await stage.seen(handle, "opened")
        await stage.eventually(lambda: stage.case().status == "opened", "opened")
        builders.accept(stage.database, asking(8))
        await handle.execute_update(GracePeriod.migrate, signed())
        with stage.database.write() as session:
            outbox.go(session, outbox.MAIL_SWITCH)
        await handle.signal(GracePeriod.notice_changed)
        await stage.status("in_grace")
        assert "at least 8 orders" in stage.outbox()[0].text
        await handle.result()
    assert stage.kinds() == ["warning", "reminder", "reminder", "removal"]


@pytest.mark.parametrize("orders", [10, 11])
async def test_what_there_is_no_need_or_no_way_to_migrate_is_refused(
    stage: World, orders: int
) -> None:
    async with stage.working():
        handle = await warned(stage)
        words = "judged by policy version 1 already"
        if orders != 10:
            tier = {**builders.POLICY["tiers"][0], "key": "other"}
            builders.accept(stage.database, builders.a_policy(tiers=[tier]))
            words = "has no tier preferred"
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(GracePeriod.migrate, signed())
        assert words in str(refused.value.cause)
        assert stage.case().policy_version == 1


async def test_rule_06_a_policy_that_is_not_in_force_yet_judges_nobody(stage: World) -> None:
    async with stage.working():
        handle = await warned(stage)
        with stage.database.write() as session:
            day = date(2035, 4, 5)
            policies.publish(session, asking(5), "", START, "ann", day, None)
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update(GracePeriod.migrate, signed())
        await stage.until(datetime(2035, 4, 6, tzinfo=UTC))

        await handle.execute_update(GracePeriod.migrate, signed())

        assert (await handle.result()).outcome == "voided"


async def test_rule_06_a_new_case_pins_the_policy_in_force_not_one_to_come(stage: World) -> None:
    async with stage.working():
        builders.accept(stage.database, asking(10))
        with stage.database.write() as session:
            policies.publish(session, asking(5), "", START, "ann", date(2035, 4, 4), None)
        stage.too_few_orders()
        stage.covered()
        await stage.start()
        await stage.status("in_grace")
        assert stage.case().policy_version == 1


async def tell(world: World, version: int, workflow_id: str | None = None) -> Any:
    return await world.client.start_workflow(
        PolicyChange.run,
        PolicyChangeInput(version),
        id=workflow_id or policy_workflow_id(version),
        task_queue=TASK_QUEUE,
    )


def published(world: World) -> None:
    """Version 2 asks more of three partners, one of whom has no address."""
    builders.accept(world.database, asking(10))
    world.partner("acme")
    world.partner("beta")
    world.partner("gone", email="")
    with world.database.write() as session:
        policies.publish(session, asking(12), "", START, "ann", date(2035, 4, 4), None)


def all_mail(world: World) -> list[tuple[str, str | None]]:
    with world.database.read() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))
        return [(row.kind, row.partner_id) for row in rows if row.state == "accepted"]


async def test_partners_are_told_of_new_standards_and_staff_of_who_was(stage: World) -> None:
    published(stage)
    async with stage.working():
        result = await (await tell(stage, 2)).result()
        again = await (await tell(stage, 2)).result()
    assert (result.told, result.untold) == (2, 1)
    assert (again.told, again.untold) == (2, 1)
    assert all_mail(stage) == [
        ("standards_changed", "acme"),
        ("standards_changed", "beta"),
        ("policy_published", None),
    ]
    with stage.database.read() as session:
        staff = session.scalars(select(OutboxRow).where(OutboxRow.kind == "policy_published")).one()
    assert "- gone" in staff.text


async def test_rule_14_stopped_mail_makes_it_wait(stage: World) -> None:
    published(stage)
    with stage.database.write() as session:
        outbox.stop(session, "kind/standards_changed", "Ann", "why", START)
    async with stage.working():
        handle = await tell(stage, 2)
        await stage.until(START + timedelta(days=2))
        assert all_mail(stage) == []
        with stage.database.write() as session:
            outbox.go(session, "kind/standards_changed")
        await handle.signal(PolicyChange.notice_changed)
        assert (await handle.result()).told == 2


async def test_another_id_is_refused(stage: World) -> None:
    published(stage)
    async with stage.working():
        with pytest.raises(WorkflowFailureError):
            await (await tell(stage, 2, "policy/two")).result()
    assert all_mail(stage) == []
