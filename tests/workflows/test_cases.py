"""Whole cases under time skipping: from falling below standards to the outcome."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from partners.domain.cases.view import GracePeriodInput
from partners.domain.judging.coverage import DayRange
from partners.store.tables.case_tables import TierChangeRow
from partners.store.tables.feed_tables import CoverageRow
from partners.store.tables.program_tables import PartnerRow
from tests.workflows.conftest import BEFORE, World, signed
from tests.workflows.record_histories import STORIES
from workflows.grace_period import GracePeriod
from workflows.kit.options import TASK_QUEUE, grace_workflow_id

DEADLINE = date(2035, 4, 19)  # 45 days after Monday, 5 March
DECISION = datetime(2035, 4, 23, 9, tzinfo=UTC)  # three settled days later, office time


async def test_never_recovers_and_is_removed_on_the_decision_day(world: World) -> None:
    world.too_few_orders()
    world.covered()

    result = await world.play()

    assert result.outcome == "removed"
    assert result.deadline == DEADLINE
    assert result.tier is None
    assert world.kinds() == ["warning", "reminder", "reminder", "removal"]
    assert world.row().tier is None
    assert world.row().left_on == DECISION.date()


async def test_not_removed_a_moment_before_the_decision_day(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")

    await world.until(DECISION - timedelta(minutes=1))

    assert world.row().tier == "preferred"
    assert world.case().status == "in_grace"
    await handle.result()
    (concluded,) = [d for d in world.decisions() if d.step == "concluded"]
    assert concluded.at >= DECISION


async def test_reminders_go_out_14_and_3_days_before_the_deadline(world: World) -> None:
    world.too_few_orders()
    world.covered()

    await world.play()

    days = [m.rendered_at.date() for m in world.outbox() if m.kind == "reminder"]
    assert days == [DEADLINE - timedelta(days=14), DEADLINE - timedelta(days=3)]


async def test_rule_07_recovers_early_and_is_reinstated_after_the_recovery_hold(
    world: World,
) -> None:
    world.too_few_orders()
    world.orders(date(2035, 3, 6), date(2035, 4, 30), 60)
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(datetime(2035, 3, 25, tzinfo=UTC))

    await handle.signal(GracePeriod.metrics_changed)
    result = await handle.result()

    assert result.outcome == "reinstated"
    assert world.kinds() == ["warning", "recovered"]
    (concluded,) = [d for d in world.decisions() if d.step == "concluded"]
    assert concluded.at.date() == date(2035, 4, 8)  # 14 days after the first cured assessment
    assert world.row().tier == "preferred"


async def test_a_relapse_during_the_recovery_hold_ends_it(world: World) -> None:
    world.too_few_orders()
    world.orders(date(2035, 3, 6), date(2035, 3, 7), 12)  # a burst, then nothing more
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(datetime(2035, 3, 25, tzinfo=UTC))
    await handle.signal(GracePeriod.metrics_changed)
    await world.eventually(lambda: world.case().recovery_since is not None, "recovering")

    await world.until(datetime(2035, 4, 8, 1, tzinfo=UTC))

    await world.eventually(lambda: world.case().recovery_since is None, "the hold has ended")
    assert (await handle.result()).outcome == "removed"


async def test_rule_07_a_failing_assessment_stops_the_recovery_hold_at_once(world: World) -> None:
    world.too_few_orders()
    world.orders(date(2035, 3, 6), date(2035, 3, 7), 12)
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(datetime(2035, 3, 25, tzinfo=UTC))
    await handle.signal(GracePeriod.metrics_changed)
    await world.eventually(lambda: world.case().recovery_since is not None, "recovering")
    await world.until(datetime(2035, 4, 7, 12, tzinfo=UTC))

    await handle.signal(GracePeriod.metrics_changed)

    await world.eventually(lambda: world.case().recovery_since is None, "the hold was stopped")
    assert (await handle.result()).outcome == "removed"


async def test_rule_05_a_new_failure_elsewhere_does_not_decide_this_case(world: World) -> None:
    world.too_few_orders()
    world.orders(date(2035, 3, 10), date(2035, 4, 19), 40, "rejected")  # volume yes, acceptance no
    world.covered()

    assert (await world.play()).outcome == "reinstated"


async def test_rule_05_one_warned_criterion_cured_and_another_still_failing_removes(
    world: World,
) -> None:
    world.partner()
    world.orders(date(2035, 2, 1), date(2035, 2, 28), 4)
    world.orders(date(2035, 2, 1), date(2035, 2, 28), 5, "rejected")
    world.orders(date(2035, 1, 1), date(2035, 1, 31), 5, "rejected")
    world.orders(date(2035, 3, 10), date(2035, 4, 19), 40, "rejected")
    world.covered()

    result = await world.play()

    assert result.outcome == "removed"
    assert {f["metric"]: f["verdict"] for f in world.case().latest} == {
        "orders_per_month": "passing",
        "acceptance_rate": "below",
    }


async def test_passing_only_at_the_deadline_reinstates(world: World) -> None:
    world.too_few_orders()
    world.orders(date(2035, 4, 17), DEADLINE, 12)
    world.covered()

    result = await world.play()

    assert result.outcome == "reinstated"
    assert world.kinds() == ["warning", "reminder", "reminder", "recovered"]
    (concluded,) = [d for d in world.decisions() if d.step == "concluded"]
    assert concluded.at >= DECISION


async def test_rule_08_orders_after_the_deadline_do_not_count(world: World) -> None:
    world.too_few_orders()
    world.orders(DEADLINE + timedelta(days=1), DEADLINE + timedelta(days=3), 30)
    world.covered()

    assert (await world.play()).outcome == "removed"


async def test_starting_twice_at_once_opens_one_case(world: World) -> None:
    world.too_few_orders()
    world.covered()
    first = await world.start()

    with pytest.raises(WorkflowAlreadyStartedError):
        await world.start()
    joined = await world.client.start_workflow(
        GracePeriod.run,
        GracePeriodInput("acme"),
        id=grace_workflow_id("acme"),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )

    assert joined.result_run_id == first.result_run_id or joined.id == first.id
    await first.result()
    assert len(world.cases()) == 1
    assert world.kinds().count("warning") == 1


async def test_a_terminated_run_goes_on_from_where_the_case_was(world: World) -> None:
    world.too_few_orders()
    world.covered()
    first = await world.start()
    await world.status("in_grace")
    await world.until(datetime(2035, 4, 6, tzinfo=UTC))  # one reminder has gone out
    await first.terminate("an operator's mistake")

    result = await world.play()

    assert result.outcome == "removed"
    assert result.deadline == DEADLINE
    assert world.kinds() == ["warning", "reminder", "reminder", "removal"]


async def test_cancelling_voids_the_case_without_mail(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    # The workflow itself must have seen it: the time-skipping server hangs for good over a
    # cancellation that meets a completing activity (the dev server does not: tests/crash).
    await world.seen(handle, "in_grace")

    await handle.cancel()

    with pytest.raises(WorkflowFailureError):
        await handle.result()
    assert (world.case().status, world.case().outcome) == ("closed", "voided")
    assert world.kinds() == ["warning"]


async def test_a_cancellation_during_a_persons_command_voids_the_case_too(world: World) -> None:
    await STORIES["cancelled_in_a_command"](world)

    assert (world.case().status, world.case().outcome) == ("closed", "voided")
    assert world.kinds() == ["warning"]


async def test_a_run_under_another_id_refuses(world: World) -> None:
    world.too_few_orders()
    with pytest.raises(WorkflowFailureError) as failure:
        await world.client.execute_workflow(
            GracePeriod.run, GracePeriodInput("acme"), id="another", task_queue=TASK_QUEUE
        )
    assert "'grace/acme'" in str(failure.value.cause)
    assert world.cases() == []


async def test_an_unknown_partner_fails_with_a_clear_message(world: World) -> None:
    with pytest.raises(WorkflowFailureError) as failure:
        await world.play("nobody")
    assert "unknown partner 'nobody'" in str(failure.value.cause.__cause__)


async def test_voiding_a_warned_case_sends_a_correction(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")

    answer = await handle.execute_update(GracePeriod.void, signed("Ann", "our data was wrong"))

    assert answer == "Outcome: voided"
    assert (await handle.result()).outcome == "voided"
    assert world.kinds() == ["warning", "correction"]
    (voided,) = [d for d in world.decisions() if d.step == "voided"]
    assert (voided.actor, voided.reason) == ("Ann", "our data was wrong")


@pytest.mark.parametrize(
    ("update", "who", "reason", "message"),
    [
        (GracePeriod.resume, "Ann", "why", "the case is not on hold"),
        (GracePeriod.void, "", "why", "say who you are and why"),
        (GracePeriod.void, "Ann", " ", "say who you are and why"),
    ],
)
async def test_a_command_out_of_place_is_refused_with_the_reason(
    world: World, update: object, who: str, reason: str, message: str
) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")
    before = world.case().revision

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(update, signed(who, reason))

    assert message in str(refused.value.cause)
    assert world.case().revision == before


async def test_a_tier_changed_by_a_person_meanwhile_voids_instead_of_removing(
    world: World,
) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = None

    assert (await handle.result()).outcome == "voided"
    with world.database.read() as session:
        assert session.query(TierChangeRow).count() == 0


async def test_rule_08_a_feed_that_does_not_reach_the_deadline_is_waited_for(world: World) -> None:
    world.too_few_orders()
    world.covered(DayRange(BEFORE.first, DEADLINE - timedelta(days=2)))
    handle = await world.start()
    await world.status("in_grace")
    await world.until(DECISION + timedelta(days=3))
    assert world.case().status == "in_grace"

    world.orders(DEADLINE - timedelta(days=1), DEADLINE, 12)
    with world.database.write() as session:
        session.execute(delete(CoverageRow))
    world.covered()
    await handle.signal(GracePeriod.metrics_changed)

    assert (await handle.result()).outcome == "reinstated"


async def test_rule_08_a_feed_that_never_reaches_the_deadline_holds_after_a_week(
    world: World,
) -> None:
    world.too_few_orders()
    world.covered(DayRange(BEFORE.first, DEADLINE - timedelta(days=2)))
    await world.start()
    await world.status("in_grace")

    await world.until(DECISION + timedelta(days=7, hours=1))

    case = await world.status("on_hold")
    assert case.hold_reason == "feed"
    assert world.row().tier == "preferred"
