"""Timers: one for each moment that is wanted, however often they are set."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from partners.domain.time.clock import ProgramClock
from tests.unserved import START, Unserved
from workflows.kit.alarms import Alarm, Alarms

DAY = timedelta(days=1)
REAL = ProgramClock()
REMINDER, DEADLINE = Alarm(START + DAY, "reminder"), Alarm(START + 2 * DAY, "deadline")


class Timers:
    """In place of the server's timers: the test lets them ring."""

    def __init__(self, server: Unserved) -> None:
        self.started: list[tuple[str, timedelta]] = []
        self.running: dict[str, asyncio.Future[None]] = {}
        server.install("sleep", self.sleep)

    async def sleep(self, wait: timedelta, summary: str) -> None:
        self.started.append((summary, wait))
        self.running[summary] = asyncio.get_running_loop().create_future()
        await self.running[summary]

    async def set(self, alarms: Alarms, *wanted: Alarm, clock: ProgramClock = REAL) -> None:
        alarms.set(wanted, clock)
        await self.go_on()

    async def ring(self, summary: str) -> None:
        self.running[summary].set_result(None)
        await self.go_on()

    async def go_on(self) -> None:
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    return Timers(Unserved(monkeypatch))


async def test_a_timer_that_runs_is_left_alone_and_one_not_wanted_is_cancelled(
    timers: Timers,
) -> None:
    alarms = Alarms()
    await timers.set(alarms, REMINDER, DEADLINE)
    await timers.set(alarms, DEADLINE)

    assert timers.started == [("reminder", DAY), ("deadline", 2 * DAY)]
    assert timers.running["reminder"].cancelled()
    assert not timers.running["deadline"].done()
    assert not alarms.ringing()


async def test_an_alarm_rings_until_it_is_cleared_and_the_others_run_on(timers: Timers) -> None:
    alarms = Alarms()
    await timers.set(alarms, REMINDER, DEADLINE)
    await timers.ring("reminder")
    assert alarms.ringing()

    alarms.clear_ringing()

    assert not alarms.ringing()
    await timers.set(alarms, DEADLINE)
    assert len(timers.started) == 2
    await timers.ring("deadline")
    assert alarms.ringing()


async def test_a_moment_that_has_passed_rings_at_once_and_a_demo_counts_its_own_days(
    timers: Timers,
) -> None:
    alarms = Alarms()
    await timers.set(alarms, Alarm(START - DAY, "late"))
    demo = ProgramClock(1.0, START, START)
    await timers.set(alarms, DEADLINE, clock=demo)

    assert timers.started == [("late", timedelta()), ("deadline", timedelta(seconds=2))]
