"""A warning that came back: no clock runs on it (rule 1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from partners.domain.mail.delivery import Event, MailEvent
from partners.store.mail import mail_events, recipients
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.temporal.running import RunningCases
from tests.workflows.conftest import World, signed
from workflows.grace_period import GracePeriod

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)


async def bounce(world: World, message: OutboxRow, at: datetime, kind: str = "bounce") -> None:
    """The webhook's part: store what the provider reports, and tell the cases it names."""
    event = MailEvent(
        Event.BOUNCE,
        message.to[0],
        at,
        outbox_id=message.public_id,
        bounce_type=kind,
        reason=f"550 5.1.1 <{message.to[0]}> unknown",
    )
    with world.database.write() as session:
        taken = mail_events.take_in(session, [event], at)
    for partner_id in taken.partners:
        await RunningCases(world.client).tell(partner_id)


def warnings(world: World) -> list[OutboxRow]:
    return [row for row in world.outbox() if row.kind == "warning"]


async def test_rule_01_a_bounced_warning_is_tried_at_the_fallback_first(world: World) -> None:
    world.too_few_orders()
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").fallback_email = "boss@example.com"
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(NOW + timedelta(days=2))
    await bounce(world, warnings(world)[0], NOW + timedelta(days=2))
    await world.eventually(lambda: len(warnings(world)) == 2, "a second warning is written")
    case = await world.status("in_grace")
    first, second = warnings(world)
    assert (first.to, second.to) == (["acme@example.com"], ["boss@example.com"])
    assert second.message_key == "grace/acme-2035-02/warning/2"
    assert case.warned_at == second.settled_at
    assert case.deadline is not None
    assert case.deadline >= (NOW + timedelta(days=47)).date()  # the full grace, from then on

    result = await handle.result()
    assert result.outcome == "removed"
    reminders = [row.to for row in world.outbox() if row.kind in ("reminder", "removal")]
    assert reminders == [["boss@example.com"]] * 3


async def test_rule_01_a_bounced_warning_without_a_fallback_holds_the_case(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(NOW + timedelta(days=2))
    await bounce(world, warnings(world)[0], NOW + timedelta(days=2))
    case = await world.status("on_hold")
    assert (case.hold_reason, case.deadline, case.warned_at) == ("undeliverable", None, None)
    assert case.hold_detail == "bounced: 550 5.1.1 <<address>> unknown"  # no address (rule 18)
    await world.eventually(
        lambda: any(row.kind == "on_hold" for row in world.outbox()), "staff are told"
    )
    await world.until(NOW + timedelta(days=100))
    assert world.row().tier == "preferred"

    # Nothing has changed: the address is blocked, and a resumed case holds again.
    await handle.execute_update(GracePeriod.resume, signed())
    await world.eventually(lambda: world.case().hold_count == 2, "on hold again")
    await world.seen(handle, "on_hold")  # it answers by what it has seen
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").email = "new@example.com"
    await handle.execute_update(GracePeriod.resume, signed())
    result = await handle.result()
    assert result.outcome == "removed"
    assert [row.to for row in warnings(world)][-1] == ["new@example.com"]


async def test_rule_01_a_blocked_warning_is_tried_elsewhere_but_blocks_no_address(
    world: World,
) -> None:
    world.too_few_orders()
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").fallback_email = "boss@example.com"
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await bounce(world, warnings(world)[0], NOW + timedelta(hours=1), "blocked")
    await world.eventually(lambda: len(warnings(world)) == 2, "a second warning is written")
    assert warnings(world)[1].to == ["boss@example.com"]
    with world.database.read() as session:
        assert list(recipients.every_suppression(session)) == []
    await world.seen(handle, "in_grace")
    await handle.cancel()


async def test_rule_01_a_bounce_whose_signal_was_lost_stops_the_decision(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    message = warnings(world)[0]
    event = MailEvent(
        Event.DROPPED, message.to[0], NOW + timedelta(days=1), outbox_id=message.public_id
    )
    with world.database.write() as session:
        mail_events.take_in(session, [event], NOW + timedelta(days=50))
    await world.until(NOW + timedelta(days=60))
    case = await world.status("on_hold")
    assert (case.hold_reason, case.hold_detail) == ("undeliverable", "dropped")
    assert world.row().tier == "preferred"
    await world.seen(handle, "on_hold")
    await handle.cancel()


async def test_a_bounce_after_the_deadline_changes_nothing(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    case = await world.status("in_grace")
    assert case.deadline is not None
    after = datetime.combine(case.deadline, datetime.min.time(), UTC) + timedelta(days=2)
    await world.until(after)
    await bounce(world, warnings(world)[0], after)
    result = await handle.result()
    assert result.outcome == "removed"


@pytest.fixture
async def awake(stage: World) -> AsyncIterator[World]:
    """A world in which mail goes out from 7 to 21 in the partner's zone."""
    stage.settings = stage.settings.model_copy(update={"mail_service_hours": "7-21"})
    stage.accept()
    async with stage.working():
        yield stage


async def test_a_warning_waits_for_morning_and_counts_from_then(awake: World) -> None:
    awake.too_few_orders()
    with awake.database.write() as session:
        session.get_one(PartnerRow, "acme").time_zone = "Pacific/Auckland"  # 1:00 at night there
    awake.covered()
    handle = await awake.start()
    await awake.seen(handle, "opened")
    assert awake.outbox() == []
    await awake.until(NOW + timedelta(hours=7))
    case = await awake.status("in_grace")
    assert case.warned_at is not None
    morning = NOW + timedelta(hours=6)
    assert morning <= case.warned_at < morning + timedelta(minutes=5)
    result = await handle.result()
    assert result.outcome == "removed"
    reminders = [row for row in awake.outbox() if row.kind == "reminder"]
    assert len(reminders) == 2  # put off for some hours, and not skipped
    assert all(row.rendered_at.hour in range(17, 24) for row in reminders)


async def test_a_person_can_void_a_case_whose_warning_waits_for_morning(awake: World) -> None:
    awake.too_few_orders()
    with awake.database.write() as session:
        session.get_one(PartnerRow, "acme").time_zone = "Pacific/Auckland"
    awake.covered()
    handle = await awake.start()
    await awake.seen(handle, "opened")
    await handle.execute_update(GracePeriod.void, signed())
    result = await handle.result()
    assert (result.outcome, awake.outbox()) == ("voided", [])
