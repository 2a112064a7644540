"""People's commands to a running case, and telling partners what a person did without one."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from activities.overrides import without_case
from partners.calendars import calendar_of
from partners.domain.cases.commands import Command
from partners.domain.cases.commands import CommandKind as Kind
from partners.store.mail import outbox
from partners.store.overrides.command_refusals import CaseChanged
from partners.store.tables.case_tables import InterventionRow
from partners.store.tables.program_tables import PartnerRow
from partners.temporal import running
from tests.workflows.conftest import START, World
from tests.workflows.record_histories import extended_paused_and_removed
from workflows.grace_period import GracePeriod
from workflows.intervention import Intervention, InterventionInput
from workflows.kit.options import TASK_QUEUE, intervention_workflow_id


def said(**what: object) -> Command:
    return Command("Ann", "agreed by phone", **what)  # type: ignore[arg-type]


async def test_a_case_is_extended_and_paused_reminded_anew_and_decided_later(world: World) -> None:
    handle = await extended_paused_and_removed(world)

    result = await handle.result()
    assert result.outcome == "removed"
    # 19 April, extended by 10 days from Sunday to Monday 30; a pause of 7 days
    assert result.deadline == date(2035, 5, 7)
    assert world.kinds() == [
        *("warning", "extended", "paused", "extended", "reminder", "reminder", "removal")
    ]
    days = [m.rendered_at.date() for m in world.outbox() if m.kind == "reminder"]
    assert days == [date(2035, 4, 23), date(2035, 5, 4)]
    steps = [d.step for d in world.decisions() if d.step in ("extended", "paused", "resumed")]
    assert steps == ["extended", "paused", "resumed"]


async def test_of_two_people_at_once_one_wins_and_a_refusal_names_the_other(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")
    seen = await handle.query(GracePeriod.show_case)
    assert seen is not None

    answers = await asyncio.gather(
        handle.execute_update(GracePeriod.extend, said(days=5, revision=seen.revision)),
        handle.execute_update(GracePeriod.pause, said(revision=seen.revision)),
        return_exceptions=True,
    )

    (refusal,) = [a for a in answers if isinstance(a, WorkflowUpdateFailedError)]
    assert "the case has changed meanwhile" in str(refusal.cause)
    (answer,) = [a for a in answers if isinstance(a, str)]
    assert answer.startswith(("In grace until 2035-04-24", "On hold: paused by a person"))
    late = said(days=5, revision=seen.revision)
    with pytest.raises(CaseChanged) as refused:
        await running.command(world.client, handle.id, GracePeriod.extend, late)
    assert (refused.value.partner_id, refused.value.by) == ("acme", "Ann")


async def test_a_refused_command_says_why_and_the_case_goes_on(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")
    for update, command, why in (
        (GracePeriod.extend, said(days=0), "only moves later"),
        (GracePeriod.extend, said(days=16), "61 days of grace"),
        (GracePeriod.extend, said(days=3_000_000, beyond_policy=True), "give 366 or fewer"),
        (GracePeriod.pause, said(until=date(9999, 12, 31)), "more than 5 years ahead"),
        (GracePeriod.pause, Command("Ann\0", "why"), "plain text"),
        (GracePeriod.waive, said(), "a waiver needs its last day"),
        (GracePeriod.remove, said(), "has not run out"),
        (GracePeriod.overturn, said(), "no appeal is open"),
        (GracePeriod.resume, said(), "the case is not on hold"),
        (GracePeriod.pause, Command(" ", "why"), "say who you are and why"),
    ):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(update, command)
        assert why in str(refused.value.cause)
    accepted = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    traces = [e for e in (await handle.fetch_history()).events if e.event_type == accepted]
    names = [e.workflow_execution_update_accepted_event_attributes for e in traces]
    assert [n.accepted_request.input.name for n in names] == [
        "extend",
        "waive",
        "remove",
        "overturn",
    ]
    assert "If nothing changes:" in await handle.query(GracePeriod.show_next)

    assert (await handle.result()).deadline == date(2035, 4, 19)


async def test_an_appeal_makes_the_decision_wait_and_a_waiver_ends_the_case(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")
    answer = await handle.execute_update(GracePeriod.appeal, said())
    assert answer.startswith("On hold: an appeal waits for an answer")
    await world.until(datetime(2035, 5, 30, tzinfo=UTC))
    assert world.case().status == "on_hold"  # long after the decision day
    await handle.execute_update(GracePeriod.uphold, said())
    assert world.case().deadline == date(2035, 7, 16)  # 87 days later, a Sunday: Monday

    await handle.execute_update(GracePeriod.waive, said(until=date(2035, 12, 31)))

    assert (await handle.result()).outcome == "waived"
    assert [k for k in world.kinds() if k != "on_hold"] == ["warning", "appeal", "appeal", "waived"]
    assert world.row().tier == "preferred"


async def test_a_case_that_has_ended_takes_no_command(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")
    await handle.execute_update(GracePeriod.reinstate, said())
    await world.status("closed")

    with pytest.raises((WorkflowUpdateFailedError, RPCError)):
        await handle.execute_update(GracePeriod.extend, said(days=5))
    assert world.kinds() == ["warning", "reinstated"]
    assert (await handle.result()).outcome == "reinstated"


async def test_a_partner_is_told_what_a_person_did_once_mail_goes_again(world: World) -> None:
    world.partner(tier="preferred")
    with world.database.write() as session:
        outbox.stop(session, "mail", "Ben", "wrong template", START)
        partner = session.get_one(PartnerRow, "acme")
        until = calendar_of(world.policy).day_of(START) + timedelta(days=60)
        desk = without_case.LockedPartner(
            session, partner, said(until=until), 1, world.policy, START
        )
        without_case.carry_out(desk, Kind.WAIVED)
    handle = await world.client.start_workflow(
        Intervention.run,
        InterventionInput("acme"),
        id=intervention_workflow_id("acme"),
        task_queue=TASK_QUEUE,
    )
    await world.until(START + timedelta(hours=30))
    assert world.kinds() == []
    with world.database.write() as session:
        outbox.go(session, "mail")

    result = await handle.result()

    assert (result.kind, result.told) == ("waived", "sent")
    assert world.kinds() == ["waived"]
    with world.database.read() as session:
        assert session.get_one(InterventionRow, 1).told == "sent"
