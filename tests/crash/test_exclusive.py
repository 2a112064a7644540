"""A worker is killed at each step of an exclusive's life: everything happens once, and tells once.

`make test` kills one; `make test-slow` all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from partners.domain.offers.exclusive import ExclusiveStatus, PeriodVerdict
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.offers.holding import exclusives
from tests.crash.conftest import DAY_SECONDS, CrashWorld
from tests.workflows.conftest import START
from tests.workflows.exclusive_world import Holding

FIRST_DAY = datetime(2035, 4, 1, 12, tzinfo=UTC)
SETTLED = datetime(2035, 5, 4, 10, tzinfo=UTC)
DECISION = datetime(2035, 6, 8, 10, tzinfo=UTC)
MAILS = ["offered", "active", "warning/2035-04/1", "ended"]

STEPS = ("announce", "activate", "review", "lose_missed")
KINDS = ("exclusive_offered", "exclusive_active", "exclusive_warning", "exclusive_ended")
POINTS = [
    *(f"{where} step {step}" for step in STEPS for where in ("before", "after")),
    *(f"{where} {kind}" for kind in KINDS for where in ("before", "after")),
    *(f"after send {kind}" for kind in KINDS),
]
IN_EVERY_RUN = "after exclusive_warning"
"""The days to cure run from this message: it was handed over, and nobody had stored so."""


@pytest.fixture
async def acme(
    dev_server: WorkflowEnvironment, tmp_path: Path, sqlite_template: Path
) -> AsyncIterator[Holding]:
    """A holder who sells too little, a feed that covers everything, and no worker yet."""
    path = tmp_path / "partners.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = Settings(_env_file=None, mode=Mode.DEMO, database_url=f"sqlite:///{path}")
    world = CrashWorld(dev_server, Database(settings.database_url), settings, folder=tmp_path)
    world.set_clock(START, DAY_SECONDS)
    world.accept()
    world.partner()
    world.covered()
    acme = Holding(world)
    acme.sign(last=date(2035, 12, 31))
    acme.sells(4, 4)
    yield acme
    world.stop_all()
    world.database.close()


@pytest.mark.parametrize(
    "point",
    [
        point if point == IN_EVERY_RUN else pytest.param(point, marks=pytest.mark.slow)
        for point in POINTS
    ],
)
async def test_a_worker_killed_in_the_life_of_an_exclusive(acme: Holding, point: str) -> None:
    world = acme.world
    assert isinstance(world, CrashWorld)
    process = world.worker(die=point)
    await acme.start()
    for moment, done in (
        (None, "offered"),
        (FIRST_DAY, "active"),
        (SETTLED, "warning/2035-04/1"),
        (DECISION, "ended"),
    ):
        if moment is not None:
            world.set_clock(moment, DAY_SECONDS)
            await acme.look()
        async with asyncio.timeout(60):
            while done not in acme.mails():
                if process.exitcode is not None:
                    await world.killed(process)
                    process = world.worker()
                await asyncio.sleep(0.05)
    if len(world.processes) == 1:  # it dies after the last thing that shows
        await world.killed(process)
        world.worker()
    result = await acme.handle.result()

    assert (result.status, result.ending) == ("non_exclusive", "missed")
    assert acme.mails() == MAILS
    assert acme.periods() == {"2035-04": (4, PeriodVerdict.MISSED)}
    handed_over = [*KINDS]
    if (twice := point.removeprefix("after ")) in KINDS:  # nobody had stored that it was
        handed_over.insert(handed_over.index(twice), twice)
    assert world.handed_over() == handed_over
    stood = [
        ExclusiveStatus.ANNOUNCED,
        ExclusiveStatus.ACTIVE,
        ExclusiveStatus.ACTIVE,  # a period was missed
        ExclusiveStatus.ACTIVE,  # the warning was accepted: the days to cure
        ExclusiveStatus.NON_EXCLUSIVE,
    ]
    with world.database.read() as session:
        assert [s.status for s in exclusives.states(session, acme.exclusive_id)] == stood
