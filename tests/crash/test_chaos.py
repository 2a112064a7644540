"""Sends through a provider that fails in every way, by workers that are killed at random.

`CHAOS_SENDS=2000 pytest tests/crash/test_chaos.py -s` is the whole of it (docs/sending.md has the
figures); in `make test` it is shorter. `CHAOS_NAIVE=1` hands over again whatever got no answer:
then the test must fail, and does.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from temporalio.client import WorkflowFailureError

from partners.domain.mail.notices import MailState
from partners.mail.standin.faults import Fault, Faults
from partners.mail.standin.running import serving
from partners.mail.standin.server import StandIn
from partners.store.mail import mailbox
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from tests.crash import worker_process
from tests.crash.conftest import DAY_SECONDS, PROCESSES, CrashWorld, WorkerProcess
from workflows.kit.options import TASK_QUEUE
from workflows.mail_resolution import MailResolution

SENDS = int(os.environ.get("CHAOS_SENDS", "25"))
KILLS = 2
"""Workers are killed at least so often, and all the time until nothing is left to send."""
AT_ONCE = 60
"""Cases under way at a time."""
SEED = int(os.environ.get("CHAOS_SEED", str(random.randrange(10**6))))
NAIVE = bool(os.environ.get("CHAOS_NAIVE"))
PATIENCE = 60 + 2 * SENDS
GUARD = {"max_partners": 10**6, "max_share": 1, "always_allow": 10**6}
DECISION = datetime(2035, 4, 23, 9, 1, tzinfo=UTC)  # just after the decision is due
CURED_ON = date(2035, 3, 28)
ENDS = ("recovered", "removal")
CHANCES = {
    Fault.HANG: 0.02,
    Fault.HANG_TAKEN: 0.03,
    Fault.DROP: 0.03,
    Fault.DROP_TAKEN: 0.04,
    Fault.CUT_TAKEN: 0.03,
    Fault.FAIL: 0.03,
    Fault.FAIL_TAKEN: 0.04,
    Fault.OVERLOADED: 0.02,
    Fault.LIMITED: 0.02,
    Fault.REFUSE: 0.02,
    Fault.FORBID: 0.01,
    Fault.REDIRECT: 0.01,
}


@pytest.fixture
def provider() -> Iterator[tuple[StandIn, str]]:
    """Every fault once, in some order, and then each by its chance."""
    standin = StandIn(
        faults=Faults(CHANCES, SEED), latency=0.02, hang=1.2, reset=0.5, log_delay=0.3
    )
    once = list(Fault)
    random.Random(SEED).shuffle(once)
    standin.faults.script(once)
    with serving(standin) as address:
        yield standin, address


class Chaos:
    """Workers that come and go, and the resolution that a schedule starts in production."""

    def __init__(self, world: CrashWorld, address: str) -> None:
        self._world, self._address = world, address
        self._dice = random.Random(SEED)
        self.kills = 0

    def worker(self) -> WorkerProcess:
        address = self._world.client.service_client.config.target_host
        process = PROCESSES.Process(
            target=worker_process.serve_sending,
            args=(address, self._world.folder, self._address, NAIVE),
        )
        process.start()
        self._world.processes.append(process)
        return process

    async def kill_at_random(self) -> None:
        while self.kills < KILLS or SENDS > 100:
            process = self.worker()
            await self._world.ready(process)
            await asyncio.sleep(self._dice.uniform(0.1, 2.0 if SENDS <= 100 else 20.0))
            self._world.kill(process)
            self.kills += 1
        self.worker()

    async def resolve(self) -> None:
        """As the schedule does, only more often."""
        number = 0
        while True:
            number += 1
            with suppress(WorkflowFailureError):
                await self._world.client.execute_workflow(
                    MailResolution.run, id=f"mail-resolution-{number}", task_queue=TASK_QUEUE
                )
            await asyncio.sleep(0.5)

    async def warn(self, partners: Sequence[str]) -> None:
        """Start everybody's case, some at a time, until each is warned, or on hold with staff told
        of it."""
        async with asyncio.timeout(PATIENCE):
            waiting, rest = list(partners), 0
            while rest < len(partners) or self._open():
                under_way = len(partners) - len(waiting) - rest
                for _ in range(min(len(waiting), AT_ONCE - under_way)):
                    await self._world.start(waiting.pop())
                await asyncio.sleep(0.3)
                rest = self._at_rest()

    async def end(self, partners: Sequence[str]) -> None:
        """Have these cases look, until each is closed and its last message is settled."""
        async with asyncio.timeout(PATIENCE):
            for partner_id in partners:
                await self._world.look(partner_id)
            while self._open() or any(
                self._world.case(partner_id).status != "closed" for partner_id in partners
            ):
                await asyncio.sleep(0.3)

    def _at_rest(self) -> int:
        """How many cases are warned, or on hold with staff told of it."""
        rest = (CaseRow.status == "in_grace") | (
            (CaseRow.status == "on_hold") & (CaseRow.hold_notices > 0)
        )
        with self._world.database.read() as session:
            return session.scalar(select(func.count()).select_from(CaseRow).where(rest)) or 0

    def _open(self) -> Sequence[OutboxRow]:
        with self._world.database.read() as session:
            wanted = OutboxRow.state.in_((MailState.SENDING, MailState.QUEUED, MailState.UNKNOWN))
            return session.scalars(select(OutboxRow).where(wanted)).all()


@contextmanager
def background(*work: asyncio.Task[None]) -> Iterator[None]:
    try:
        yield
    finally:
        for task in work:
            task.cancel()


def _everybody_below(world: CrashWorld, partners: list[str]) -> None:
    world.accept(guard=GUARD)
    for partner_id in partners:
        world.too_few_orders(partner_id)
    world.covered()


async def test_none_is_sent_twice_none_is_lost_and_every_unknown_is_resolved_or_shown(
    world: CrashWorld, provider: tuple[StandIn, str]
) -> None:
    standin, address = provider
    partners = [f"p{number:04d}" for number in range(SENDS)]
    _everybody_below(world, partners)
    chaos = Chaos(world, address)
    resolving = asyncio.create_task(chaos.resolve())
    killing = asyncio.create_task(chaos.kill_at_random())
    with background(resolving, killing):
        await chaos.warn(partners)
        assert chaos.kills >= KILLS

    with world.database.read() as session:
        rows = session.scalars(select(OutboxRow)).all()
        shown = {row.outbox_id for row in mailbox.messages(session, state="unknown", limit=10**6)}
    taken = Counter(message.custom_args["outbox_id"] for message in standin.taken)
    report(standin, rows, taken, chaos.kills)
    assert standin.refused == []  # our requests keep the contract
    assert standin.counts["followed a redirect"] == 0
    assert all(standin.counts[fault] for fault in Fault)
    assert set(taken) <= {row.public_id for row in rows}
    assert {row.outbox_id for row in rows if row.state == "unknown"} == shown
    for row in rows:
        expected = {"accepted": 1, "rejected": 0, "lost": 0}
        assert taken[row.public_id] == expected.get(row.state, taken[row.public_id]), (
            row.message_key
        )
    for partner_id in partners:
        _check(world, partner_id, [row for row in rows if row.partner_id == partner_id], taken)


@pytest.mark.slow
async def test_under_chaos_each_case_ends_once_as_its_numbers_say_and_is_told_at_most_once(
    world: CrashWorld, provider: tuple[StandIn, str]
) -> None:
    """Warned, then half of them cured; removed or reinstated by workers that are killed."""
    standin, address = provider
    partners = [f"p{number:04d}" for number in range(SENDS)]
    _everybody_below(world, partners)
    chaos = Chaos(world, address)
    with background(
        asyncio.create_task(chaos.resolve()), asyncio.create_task(chaos.kill_at_random())
    ):
        await chaos.warn(partners)
        warned = [name for name in partners if world.case(name).status == "in_grace"]
        cured = set(warned[::2])
        for name in cured:
            world.orders(CURED_ON, CURED_ON + timedelta(days=20), 60, partner_id=name)
        world.covered()
        world.set_clock(DECISION, DAY_SECONDS)
        chaos.kills = 0
        with background(asyncio.create_task(chaos.kill_at_random())):
            await chaos.end(warned)

    with world.database.read() as session:
        rows = session.scalars(select(OutboxRow)).all()
    taken = Counter(message.custom_args["outbox_id"] for message in standin.taken)
    report(standin, rows, taken, chaos.kills)
    assert standin.refused == []
    for name in warned:
        wanted = "reinstated" if name in cured else "removed"
        assert world.case(name).outcome == wanted, (SEED, name)
        assert world.tier_changes(name) == ([] if name in cured else [None]), (SEED, name)
        assert len(world.steps("concluded", name)) == 1, (SEED, name)
        last = [row for row in rows if row.partner_id == name and row.kind in ENDS]
        assert {row.kind for row in last} == {ENDS[0] if name in cured else ENDS[1]}
        assert sum(taken[row.public_id] for row in last) <= 1, (SEED, name)
        assert taken[last[-1].public_id] == (last[-1].state == "accepted"), (SEED, name)


def _check(
    world: CrashWorld, partner_id: str, rows: Sequence[OutboxRow], taken: Counter[str]
) -> None:
    """One warning reached the partner and their clock runs; or none did, and staff were told."""
    case = world.case(partner_id)
    warnings = [row for row in rows if row.kind == "warning"]
    reached = sum(taken[row.public_id] for row in warnings)
    if case.status == "in_grace":
        assert reached == 1, (SEED, partner_id)
        (accepted,) = [row for row in warnings if row.state == "accepted"]
        assert case.clock_from == accepted.settled_at
    else:
        assert reached == 0, (SEED, partner_id)
        assert warnings[-1].state in ("rejected", "lost")
    for kind in ("warning", "on_hold"):
        assert sum(taken[row.public_id] for row in rows if row.kind == kind) <= 1, (
            SEED,
            partner_id,
        )


def report(standin: StandIn, rows: Sequence[OutboxRow], taken: Counter[str], kills: int) -> None:
    """The figures, shown with `-s`."""
    states = Counter(row.state for row in rows)
    twice = sum(count > 1 for count in taken.values())
    resolved = Counter((row.detail or "").split(":")[0] for row in rows if row.detail)
    sys.stderr.write(
        f"\nseed {SEED}: {len(rows)} messages, {standin.counts['requests']} requests, "
        f"{kills} kills; states {dict(states)}; sent twice {twice}\n"
        f"faults { ({str(f): standin.counts[f] for f in Fault}) }\n"
        f"how it was learned {dict(resolved.most_common(12))}\n"
    )
