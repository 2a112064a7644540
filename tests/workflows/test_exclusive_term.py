"""Whole lives of exclusives under time skipping: kept, missed, lost, at risk, blocked, ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest

from activities.exclusives.exclusive_watch_activities import ExclusiveWatchActivities
from partners.bootstrap.services import build_services
from partners.domain.cases.commands import Command
from partners.domain.exclusives.exclusive_term import Ending
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import ExclusiveStatus, PeriodVerdict
from partners.store.mail import outbox
from tests import builders
from tests.workflows.conftest import START, World
from tests.workflows.exclusive_world import Holding
from workflows.grace_period import GracePeriod


class Nobody:
    """Of whose workflows none is started."""

    async def start(self, exclusive_id: str) -> None: ...

    async def looked_after(self) -> set[str] | None: ...


MET, MISSED = PeriodVerdict.MET, PeriodVerdict.MISSED


@pytest.fixture
async def acme(stage: World) -> AsyncIterator[Holding]:
    """Workers, and a partner in the preferred tier. The feed covers whatever is judged."""
    stage.accept()
    stage.partner()
    stage.covered()
    async with stage.working():
        yield Holding(stage)


async def test_rule_23_an_exclusive_that_is_kept_ends_with_its_last_day(acme: Holding) -> None:
    acme.sign(renewal="none")
    for month in (4, 5, 6):
        acme.sells(month, 10)
    await acme.start()
    await acme.until(date(2035, 6, 30), hour=23)
    assert acme.row().status is ExclusiveStatus.ACTIVE
    result = await acme.over_by(date(2035, 7, 1))

    assert (result.status, result.ending) == ("ended", "term_over")
    assert acme.mails() == ["offered", "active", "ended"]
    assert acme.periods() == {"2035-04": (10, MET), "2035-05": (10, MET)}


async def test_rule_23_a_missed_minimum_that_is_made_up_for_is_kept(acme: Holding) -> None:
    acme.sign()
    acme.sells(4, 4)
    acme.sells(5, 12)
    await acme.start()
    await acme.until(date(2035, 5, 4))
    row = acme.row()
    assert (row.warned_month, row.cure_until) == (203504, date(2035, 6, 4))
    assert "Measured: 4 Required: at least 10" in acme.texts()["warning/2035-04/1"]
    await acme.until(date(2035, 6, 3))
    await acme.look()
    await acme.told("active/cured/2035-04")

    told = ["offered", "active", "renewal", "warning/2035-04/1", "active/cured/2035-04"]
    assert acme.mails() == told
    assert acme.row().status is ExclusiveStatus.ACTIVE
    assert acme.periods()["2035-04"] == (4, MISSED)


async def test_rule_23_a_missed_minimum_makes_it_non_exclusive_after_the_days_to_cure(
    acme: Holding,
) -> None:
    acme.sign(last=date(2035, 9, 30))
    acme.sells(4, 4)
    acme.sells(5, 4)
    await acme.start()
    result = await acme.over_by(date(2035, 6, 8))

    assert (result.status, result.ending) == ("non_exclusive", "missed")
    assert acme.mails() == ["offered", "active", "warning/2035-04/1", "ended"]
    row = acme.row()
    assert row.ended_because is Ending.MISSED
    assert row.cure_until == date(2035, 6, 4)


async def test_rule_23_a_person_ends_one_and_the_holder_is_told(acme: Holding) -> None:
    acme.sign(last=date(2035, 12, 31))
    acme.sells(4, 10)
    await acme.start()
    await acme.until(date(2035, 5, 7))
    acme.ends("Ann", "both sides agreed", await acme.world.now())
    await acme.look()
    result = await acme.over_by(date(2035, 5, 8))

    assert (result.status, result.ending) == ("ended", None)
    assert acme.mails() == ["offered", "active", "ended"]
    assert "Our partner team has decided this" in acme.texts()["ended"]


# ---- the holder's standing ----


def with_two_tiers(acme: Holding, *partners: str) -> None:
    """A tier above the preferred one, in which acme is, or all of these."""
    top = {"key": "strategic", "kind": "strategic", "enter": {"tenure_months": {"at_least": 3}}}
    acme.world.accept(tiers=[*builders.POLICY["tiers"], top])
    for partner_id in partners:
        acme.world.partner(partner_id, tier="strategic")
    if not partners:
        acme.moves_to("strategic")


async def test_rule_23_a_lost_tier_is_at_risk_for_the_notice_and_then_non_exclusive(
    acme: Holding,
) -> None:
    with_two_tiers(acme)
    acme.sign(last=date(2035, 12, 31), required_tier="strategic", minimum_orders=0)
    await acme.start()
    await acme.until(date(2035, 4, 10))
    acme.moves_to("preferred")
    await acme.look()
    await acme.told("warning/tier/2035-04-10/1")
    assert acme.row().at_risk_until == date(2035, 5, 10)
    assert acme.row().status is ExclusiveStatus.ACTIVE
    result = await acme.over_by(date(2035, 5, 11))

    assert (result.status, result.ending) == ("non_exclusive", "tier_lost")
    assert acme.mails() == ["offered", "active", "warning/tier/2035-04-10/1", "ended"]


async def test_rule_23_a_tier_that_is_regained_in_time_ends_the_risk(acme: Holding) -> None:
    with_two_tiers(acme)
    acme.sign(last=date(2035, 6, 30), required_tier="strategic", minimum_orders=0, renewal="none")
    await acme.start()
    await acme.until(date(2035, 4, 10))
    acme.moves_to("preferred")
    await acme.look()
    await acme.told("warning/tier/2035-04-10/1")
    await acme.until(date(2035, 5, 2))
    acme.moves_to("strategic")
    await acme.look()
    await acme.told("active/safe/1")
    result = await acme.over_by(date(2035, 7, 1))

    assert (result.status, result.ending) == ("ended", "term_over")


async def test_rule_23_a_removal_ends_it(acme: Holding) -> None:
    acme.sign(last=date(2035, 12, 31), minimum_orders=0)
    await acme.start()
    await acme.until(date(2035, 4, 10))
    acme.moves_to(None, left_on=date(2035, 4, 10))
    await acme.look()
    result = await acme.over_by(date(2035, 4, 11))

    assert (result.status, result.ending) == ("ended", "removed")
    assert acme.mails() == ["offered", "active", "ended"]


async def test_rule_23_a_block_suspends_it_at_once_and_its_end_restores_it(acme: Holding) -> None:
    acme.sign(last=date(2035, 12, 31))
    acme.sells(4, 2, last_day=9)
    acme.sells(5, 20)
    await acme.start()
    await acme.until(date(2035, 4, 10))
    acme.blocked(date(2035, 4, 10), date(2035, 4, 19))
    await acme.look()
    await acme.seen(status=ExclusiveStatus.SUSPENDED)
    assert acme.row().status.holds_place
    await acme.until(date(2035, 4, 20))
    await acme.told("active/restored/1")
    await acme.until(date(2035, 6, 5))

    assert acme.row().status is ExclusiveStatus.ACTIVE
    assert acme.periods() == {"2035-04": (0, PeriodVerdict.EXEMPT), "2035-05": (20, MET)}
    assert acme.mails() == ["offered", "active", "active/restored/1"]


# ---- what is not known, and what is not sent ----


async def test_rule_03_a_minimum_over_months_that_are_not_covered_judges_nobody(
    stage: World,
) -> None:
    stage.accept()
    stage.partner()
    stage.covered(DayRange(date(2034, 1, 1), date(2035, 4, 20)))
    acme = Holding(stage)
    acme.sign(last=date(2035, 12, 31))
    async with stage.working():
        await acme.start()
        await acme.until(date(2035, 5, 20))
        assert acme.periods() == {}
        await acme.seen(waits_for_feed=True)
        stage.covered(DayRange(date(2035, 4, 21), date(2035, 5, 31)))
        await acme.look()
        await acme.told("warning/2035-04/1")

    assert acme.periods() == {"2035-04": (0, MISSED)}


async def test_rule_14_a_kill_switch_keeps_the_warning_and_no_days_run(acme: Holding) -> None:
    acme.sign(last=date(2035, 12, 31))
    await acme.start()
    await acme.until(date(2035, 5, 2))
    with acme.world.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "a pause", START)
    await acme.until(date(2035, 6, 20))
    row = acme.row()
    assert (row.warned_month, row.warned_at, row.cure_until) == (203504, None, None)
    with acme.world.database.write() as session:
        outbox.go(session, outbox.MAIL_SWITCH)
    await acme.look()
    await acme.told("warning/2035-04/1")

    assert acme.row().cure_until == date(2035, 7, 20)


# ---- who wakes it ----


async def test_a_block_on_a_case_wakes_the_exclusives_of_the_partner(stage: World) -> None:
    """The step that blocks has the exclusive look, without anybody's signal."""
    stage.accept()
    stage.too_few_orders()
    stage.covered()
    acme = Holding(stage)
    acme.sign(date(2035, 3, 1), date(2035, 12, 31), minimum_orders=0)
    async with stage.working():
        await acme.start()
        await acme.seen(status=ExclusiveStatus.ACTIVE, tellings=())
        case = await stage.start()
        await stage.status("in_grace")
        await case.execute_update(GracePeriod.block, Command("Ann", "unpaid bills"))
        await acme.seen(status=ExclusiveStatus.SUSPENDED)


async def test_a_removal_by_a_case_ends_the_exclusives_of_the_partner(stage: World) -> None:
    stage.accept()
    stage.too_few_orders()
    stage.covered()
    acme = Holding(stage)
    acme.sign(date(2035, 3, 1), date(2035, 12, 31), minimum_orders=0)
    async with stage.working():
        await acme.start()
        await acme.seen(status=ExclusiveStatus.ACTIVE, tellings=())
        result = await (await stage.start()).result()
        assert result.outcome == "removed"
        await acme.told("ended")

    assert acme.row().ended_because is Ending.REMOVED


async def test_the_daily_watch_finds_whose_run_is_gone_and_what_a_run_may_have_missed(
    stage: World,
) -> None:
    with_two_tiers(Holding(stage), *("acme", "birch", "cedar", "dogwood"))
    for number, partner_id in enumerate(("acme", "birch", "cedar", "dogwood"), 1):
        one = Holding(stage, f"x{number}", partner_id)
        one.sign(minimum_orders=0, required_tier="preferred", area_code=None, service=f"s{number}")
    Holding(stage, partner_id="birch").moves_to(None)
    Holding(stage, partner_id="cedar").blocked(START.date())
    services = build_services(stage.settings, stage.database, None)
    watch = ExclusiveWatchActivities(services, Nobody())
    now = watch._to_wake(running={"x1", "x2", "x3"}, now=START)

    assert now == ["x2", "x3", "x4"]  # dogwood's has no run; acme's is in a higher tier
    assert watch._to_wake(running=None, now=START) == ["x1", "x2", "x3", "x4"]
