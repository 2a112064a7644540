"""The rules of docs/rules.md that a whole case must hold; one test or more a rule."""

from __future__ import annotations

import base64
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from partners.domain.cases.case import CaseStatus, NotOpened, Outcome
from partners.domain.time.calendar import Month
from partners.store.judging.totals import recount_all
from partners.store.mail import outbox
from partners.store.tables.case_tables import GuardActionRow, OverrideRow
from partners.store.tables.feed_tables import FedMetricRow, OrderRow
from partners.store.tables.program_tables import PartnerRow, PolicyRow
from tests import builders
from tests.workflows.conftest import BEFORE, World, signed
from workflows.grace_period import GracePeriod

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)
DEADLINE = date(2035, 4, 19)


async def test_rule_01_an_undeliverable_warning_holds_and_no_clock_runs(world: World) -> None:
    world.too_few_orders()
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").email = "acme@nowhere.invalid"
    world.covered()
    handle = await world.start()
    case = await world.status("on_hold")
    assert (case.hold_reason, case.warned_at, case.deadline) == ("undeliverable", None, None)
    await world.until(NOW + timedelta(days=100))
    assert world.row().tier == "preferred"

    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").email = "acme@example.com"
    await handle.execute_update(GracePeriod.resume, signed())
    result = await handle.result()

    # 100 days later the volume is still too low: a new attempt, with the full grace
    assert result.outcome == "removed"
    assert result.deadline is not None
    assert result.deadline >= (NOW + timedelta(days=145)).date()
    assert [m.message_key[-1] for m in world.outbox() if m.kind == "warning"] == ["1", "2"]


async def test_rule_01_staff_are_told_of_a_hold_and_reminded_weekly(world: World) -> None:
    world.too_few_orders()
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").email = ""
    world.covered()
    await world.start()
    await world.status("on_hold")

    await world.until(NOW + timedelta(days=15))

    told = [m for m in world.outbox() if m.kind == "on_hold"]
    assert [m.rendered_at.date() - NOW.date() for m in told] == [
        timedelta(days=0),
        timedelta(days=7),
        timedelta(days=14),
    ]
    assert {tuple(m.to) for m in told} == {("managers@northwind.example",)}


async def test_rule_01_the_fallback_address_is_used_where_the_first_cannot_receive(
    world: World,
) -> None:
    world.too_few_orders()
    with world.database.write() as session:
        partner = session.get_one(PartnerRow, "acme")
        partner.email, partner.fallback_email = "gone@nowhere.invalid", "boss@example.com"
    world.covered()

    await world.play()

    assert {tuple(m.to) for m in world.outbox()} == {("boss@example.com",)}


async def test_rule_01_in_production_the_outbox_starts_no_clock_until_marked_as_sent(
    stage: World,
) -> None:
    stage.settings.mode = stage.settings.mode.PRODUCTION
    stage.accept()
    stage.too_few_orders()
    stage.covered()
    async with stage.working():
        handle = await stage.start()
        await stage.eventually(lambda: states(stage) == ["waiting"], "a message waits")
        assert stage.case().deadline is None

        with stage.database.write() as session:
            outbox.mark_sent(session, stage.outbox()[0].outbox_id, "Ann", NOW + timedelta(hours=1))
        await handle.signal(GracePeriod.notice_changed)

        case = await stage.status("in_grace")
        assert (case.warned_at, case.deadline) == (NOW + timedelta(hours=1), DEADLINE)


async def test_rule_12_a_warning_not_accepted_on_its_day_is_superseded_and_rendered_anew(
    stage: World,
) -> None:
    stage.settings.mode = stage.settings.mode.PRODUCTION
    stage.accept()
    stage.too_few_orders()
    stage.covered()
    async with stage.working():
        await stage.start()
        await stage.eventually(lambda: states(stage) == ["waiting"], "a message waits")

        await stage.until(NOW + timedelta(days=1))

        await stage.eventually(
            lambda: states(stage) == ["superseded", "waiting"], "a second message waits"
        )
        second = stage.outbox()[1]
        assert second.stated_deadline == DEADLINE + timedelta(days=1)
        assert second.message_key == "grace/acme-2035-02/warning/2"


async def test_rule_02_insufficient_data_alone_never_warns(world: World) -> None:
    world.partner()
    world.orders(date(2034, 12, 1), date(2035, 2, 28), 9, "rejected")
    world.covered()
    world.accept(tiers=[_acceptance_tier(months=3)])

    result = await world.play()

    assert (result.opened, result.reason) == (False, NotOpened.INSUFFICIENT)
    assert world.outbox() == []


async def test_rule_03_a_stale_feed_judges_nobody_and_says_so(world: World) -> None:
    world.too_few_orders()
    world.covered(BEFORE._replace(last=date(2035, 2, 28)))

    result = await world.play()

    assert (result.opened, result.reason) == (False, NotOpened.STALE_FEED)
    assert result.detail == "last covered day: 2035-02-28"


async def test_rule_04_a_fed_metric_is_cured_by_a_month_that_ends_after_the_warning(
    world: World,
) -> None:
    training = {"training": {"at_least": 5}}
    world.accept(
        metrics={"training": {"label": "Certified people", "unit": "count"}},
        tiers=[{"key": "preferred", "kind": "preferred", "enter": training}],
    )
    world.partner()  # and no order feed at all
    _fed(world, 202502, 9)
    _fed(world, 203502, 3)
    handle = await world.start()
    await world.status("in_grace")
    _fed(world, 203503, 5)
    _fed(world, 203504, 1)  # ends after the deadline: does not count
    assert (await handle.result()).outcome == "reinstated"


async def test_rule_05_too_little_data_at_the_deadline_holds(world: World) -> None:
    handle = await _held_for_want_of_data(world)

    assert world.case().hold_reason == "insufficient"
    assert world.row().tier == "preferred"
    await handle.terminate()


async def test_rule_05_resuming_without_data_stays_on_hold(world: World) -> None:
    handle = await _held_for_want_of_data(world)

    answer = await handle.execute_update(GracePeriod.resume, signed())

    assert answer.startswith("On hold: insufficient")
    assert world.case().status == "on_hold"


async def test_rule_05_resuming_a_failing_case_gives_a_final_notice_of_14_days(
    world: World,
) -> None:
    handle = await _held_for_want_of_data(world)
    world.orders(date(2035, 4, 21), date(2035, 5, 10), 20, "rejected")
    await world.until(datetime(2035, 5, 11, 12, tzinfo=UTC))

    await handle.execute_update(GracePeriod.resume, signed())
    result = await handle.result()

    assert result.outcome == "removed"
    assert result.deadline == date(2035, 5, 25)
    kinds = [k for k in world.kinds() if k != "on_hold"]
    assert kinds == ["warning", "reminder", "reminder", "final_notice", "reminder", "removal"]


async def test_rule_06_a_case_is_judged_by_the_policy_of_its_warning(world: World) -> None:
    world.too_few_orders()
    world.orders(date(2035, 3, 20), DEADLINE, 12)
    world.covered()
    handle = await world.start()
    await world.status("in_grace")

    stricter = builders.a_policy(
        tiers=[{**builders.POLICY["tiers"][0], "enter": {"orders_per_month": {"at_least": 100}}}]
    )
    builders.accept(world.database, stricter)

    assert (await handle.result()).outcome == "reinstated"
    with world.database.read() as session:
        assert len(session.scalars(select(PolicyRow)).all()) == 2
    assert world.case().policy_version == 1


async def test_rule_07_a_relapse_is_told_to_staff_and_gets_the_same_grace(world: World) -> None:
    world.too_few_orders()
    world.covered()
    _closed_case(world, closed_at=datetime(2035, 1, 20, tzinfo=UTC))

    result = await world.play()

    assert result.deadline == DEADLINE
    assert world.kinds()[:2] == ["warning", "relapse"]
    assert world.kinds().count("relapse") == 1
    assert world.case().repeat


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"joined_on": date(2035, 2, 10)}, NotOpened.MONTH_TOO_EARLY),
        ({"tier_since": date(2035, 2, 1)}, NotOpened.MONTH_TOO_EARLY),
        ({"tier": None}, NotOpened.NOT_ENROLLED),
        ({"tier": None, "left_on": date(2035, 1, 1)}, NotOpened.OUT),
        ({"tier": "platinum"}, NotOpened.UNKNOWN_TIER),
    ],
)
async def test_rule_10_who_may_not_be_judged_gets_no_case_and_no_mail(
    world: World, columns: dict[str, object], reason: NotOpened
) -> None:
    world.partner(**columns)
    world.covered()

    result = await world.play()

    assert (result.opened, result.reason) == (False, reason)
    assert (world.cases(), world.outbox()) == ([], [])


async def test_rule_10_a_month_that_began_before_the_last_case_closed_opens_none(
    world: World,
) -> None:
    world.too_few_orders()
    world.covered()
    _closed_case(world, closed_at=datetime(2035, 2, 3, tzinfo=UTC))

    assert (await world.play()).reason == NotOpened.MONTH_TOO_EARLY


async def test_rule_10_judge_from_keeps_a_first_run_from_warning_a_backlog(world: World) -> None:
    world.too_few_orders()
    world.covered()
    world.accept(review={"judge_from": date(2035, 3, 1)})

    assert (await world.play()).reason == NotOpened.MONTH_TOO_EARLY


async def test_rule_10_passing_opens_nothing(world: World) -> None:
    world.partner()
    world.orders(date(2034, 6, 1), date(2035, 2, 28), 300)
    world.covered()

    assert (await world.play()).reason == NotOpened.NOT_BELOW


async def test_rule_11_a_demoted_partner_is_in_good_standing_one_tier_down(world: World) -> None:
    gold = {**builders.POLICY["tiers"][0], "key": "gold", "removal": "down"}
    world.accept(tiers=[builders.POLICY["tiers"][0], gold])
    world.too_few_orders()
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = "gold"
    world.covered()

    result = await world.play()

    assert (result.outcome, result.tier) == (Outcome.DEMOTED, "preferred")
    assert world.row().left_on is None


async def test_rule_11_a_public_tier_has_no_standards_to_keep(world: World) -> None:
    world.accept(tiers=[{"key": "preferred", "kind": "public"}])
    world.too_few_orders()
    world.covered()

    assert (await world.play()).reason == NotOpened.PUBLIC_TIER


async def test_rule_12_a_deadline_on_a_weekend_rolls_to_the_next_working_day(world: World) -> None:
    world.accept(
        grace={"days": 40}, program={"holidays": [date(2035, 4, 16)]}
    )  # 14 April is a Saturday, Monday a holiday
    world.too_few_orders()
    world.covered()

    assert (await world.play()).deadline == date(2035, 4, 17)


async def test_rule_12_dst_inside_the_grace_keeps_the_deadline_at_the_end_of_the_day(
    world: World,
) -> None:
    world.accept(program={"time_zone": "Europe/Berlin"})
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")

    view = await handle.query(GracePeriod.show_case)

    assert view is not None
    assert view.deadline == DEADLINE
    assert view.deadline_at == datetime(2035, 4, 19, 22, tzinfo=UTC)  # midnight in summer time
    assert view.decision_at == datetime(2035, 4, 23, 7, tzinfo=UTC)  # nine o'clock there
    await handle.result()


async def test_rule_13_over_the_guard_nothing_is_sent_until_a_person_approves(
    world: World,
) -> None:
    world.accept(guard={"always_allow": 2, "max_partners": 2})
    world.too_few_orders()
    world.covered()
    with world.database.write() as session:
        for number in range(2):
            builders.a_partner(session, f"other-{number}")
            session.add(GuardActionRow(key=f"{number}", partner_id=f"other-{number}", acted_at=NOW))
    handle = await world.start()
    await world.seen(handle, "on_hold")
    assert world.case().hold_reason == "guard"
    await world.eventually(lambda: world.kinds() == ["on_hold"], "staff are told")
    assert "other-0" in world.outbox()[0].text

    await handle.execute_update(GracePeriod.resume, signed())

    await world.status("in_grace")
    assert world.kinds() == ["on_hold", "warning"]


async def test_rule_13_a_removal_over_the_guard_waits_for_a_person(world: World) -> None:
    world.accept(guard={"always_allow": 1, "max_partners": 1})
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    with world.database.write() as session:
        builders.a_partner(session, "other")
        late = datetime(2035, 4, 20, tzinfo=UTC)
        session.add(GuardActionRow(key="x", partner_id="other", acted_at=late))
    await world.until(datetime(2035, 4, 24, tzinfo=UTC))
    await world.seen(handle, "on_hold")
    assert world.row().tier == "preferred"

    await handle.execute_update(GracePeriod.resume, signed())

    assert (await handle.result()).outcome == "removed"


async def test_rule_14_stopped_mail_is_waited_for(world: World) -> None:
    world.too_few_orders()
    world.covered()
    _stop_mail(world)
    handle = await world.start()
    await world.until(NOW + timedelta(days=3))
    assert (world.outbox(), world.case().status) == ([], CaseStatus.OPENED)

    with world.database.write() as session:
        outbox.go(session, outbox.MAIL_SWITCH)
    await handle.signal(GracePeriod.notice_changed)

    case = await world.status("in_grace")
    assert case.deadline == date(2035, 4, 23)  # 45 days from the 8th is a Sunday


async def test_rule_14_nobody_is_removed_while_they_cannot_be_told(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    _stop_mail(world)

    await world.until(datetime(2035, 5, 10, tzinfo=UTC))
    assert world.row().tier == "preferred"

    with world.database.write() as session:
        outbox.go(session, outbox.MAIL_SWITCH)
    await handle.signal(GracePeriod.notice_changed)
    assert (await handle.result()).outcome == "removed"
    assert world.kinds() == ["warning", "removal"]


async def test_rule_14_a_partner_who_is_already_cured_is_not_warned(world: World) -> None:
    world.too_few_orders()
    world.orders(date(2035, 3, 1), date(2035, 3, 4), 12)
    world.covered()

    result = await world.play()

    assert result.outcome == Outcome.RECOVERED_BEFORE_WARNING
    assert world.outbox() == []


async def test_rule_15_every_decision_stores_its_findings_and_policy(world: World) -> None:
    world.too_few_orders()
    world.covered()

    await world.play()

    decided = [d for d in world.decisions() if d.step in ("opened", "decided")]
    assert len(decided) == 2
    for decision in decided:
        assert decision.policy_version == 1
        assert decision.findings[0]["metric"] == "orders_per_month"
        assert decision.actor.startswith("workflow ")


@pytest.mark.parametrize(
    ("kind", "reason"), [("waiver", "WAIVED"), ("block", "BLOCKED"), ("pin", "PINNED")]
)
async def test_rule_16_automation_does_not_undo_a_persons_word(
    world: World, kind: str, reason: str
) -> None:
    world.too_few_orders()
    world.covered()
    with world.database.write() as session:
        session.add(
            OverrideRow(
                partner_id="acme",
                kind=kind,
                from_day=date(2035, 1, 1),
                until_day=None if kind == "block" else date(2035, 6, 1),
                who="Ann",
                reason="an agreement",
            )
        )

    assert (await world.play()).reason == NotOpened[reason]


async def test_rule_18_no_name_and_no_address_reaches_the_history(world: World) -> None:
    world.too_few_orders()
    with world.database.write() as session:
        partner = session.get_one(PartnerRow, "acme")
        partner.name, partner.email = "Wiltshire Wheels", "jane.doe@wheels.example"
    world.covered()
    handle = await world.start()
    await handle.result()

    history = (await handle.fetch_history()).to_json()

    decoded = "".join(
        base64.b64decode(data).decode() for data in re.findall(r'"data": "([^"]+)"', history)
    )
    assert "acme-2035-02" in decoded
    for personal in ("Wiltshire", "jane.doe"):
        assert personal not in history + decoded


async def test_rule_19_a_correction_that_clears_the_partner_voids_the_case(world: World) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(NOW + timedelta(days=5))

    world.orders(date(2035, 2, 2), date(2035, 2, 20), 6, "accepted")  # known late
    with world.database.write() as session:
        recount_all(session.connection())
    await handle.signal(GracePeriod.metrics_changed)

    assert (await handle.result()).outcome == "voided"
    assert world.kinds() == ["warning", "correction"]


async def test_rule_19_a_correction_that_leaves_the_partner_below_changes_nothing(
    world: World,
) -> None:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    with world.database.write() as session:
        row = session.scalars(select(OrderRow).where(OrderRow.placed_month == 203502)).first()
        assert row is not None
        row.status = "failed"
        recount_all(session.connection())

    await handle.signal(GracePeriod.metrics_changed)

    assert (await handle.result()).outcome == "removed"


def _acceptance_tier(months: int) -> dict[str, object]:
    standards = {"acceptance_rate": {"at_least": "0.90", "window_months": months}}
    return {"key": "preferred", "kind": "preferred", "enter": standards}


def states(world: World) -> list[str]:
    return [row.state for row in world.outbox()]


def _fed(world: World, month: int, value: int) -> None:
    with world.database.write() as session:
        session.add(
            FedMetricRow(
                partner_id="acme", metric="training", month=month, value=Decimal(value), sample=1
            )
        )


async def _held_for_want_of_data(world: World):
    """A partner warned for acceptance in February, who then has no orders at all."""
    world.accept(tiers=[_acceptance_tier(months=1)])
    world.partner()
    world.orders(date(2035, 2, 6), date(2035, 2, 28), 8)
    world.orders(date(2035, 2, 6), date(2035, 2, 28), 4, "rejected")
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(datetime(2035, 4, 23, 10, tzinfo=UTC))
    await world.status("on_hold")
    return handle


def _stop_mail(world: World) -> None:
    with world.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "wrong template", NOW)


def _closed_case(world: World, closed_at: datetime) -> None:
    with world.database.write() as session:
        session.add(
            builders.a_case(
                "acme",
                Month(2034, 10),
                revision=9,
                status="closed",
                opened_at=closed_at - timedelta(days=60),
                outcome="reinstated",
                closed_at=closed_at,
            )
        )
