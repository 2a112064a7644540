"""Whole lives of exclusives under time skipping: kept, missed, lost, at risk, blocked, ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest

from partners.domain.exclusives.exclusive_term import Ending
from partners.domain.offers.exclusive import ExclusiveStatus, PeriodVerdict
from tests.workflows.conftest import World
from tests.workflows.exclusive_world import Holding

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
