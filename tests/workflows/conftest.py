"""A world in which whole cases play out under time skipping."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import WorkflowRunner

from partners.bootstrap import workers as building
from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_workers, running
from partners.domain.cases.view import GracePeriodInput, GracePeriodResult
from partners.domain.judging.coverage import DayRange
from partners.domain.policy.policy import Policy
from partners.mail.transport import Transport
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow, DecisionRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.temporal.connecting import INDEXED_TYPES
from tests import builders
from tests.sandbox import only_when_slow, production
from workflows.grace_period import GracePeriod
from workflows.kit.commands import SignedCommand
from workflows.kit.options import SEARCH_ATTRIBUTES, TASK_QUEUE, grace_workflow_id

START = datetime(2035, 3, 5, 12, tzinfo=UTC)
"""A Monday. Every world begins then, so that a test means the same in any year."""

BEFORE = DayRange(date(2034, 1, 1), date(2035, 3, 4))
FUTURE = DayRange(date(2034, 1, 1), date(2036, 12, 31))


@dataclass
class World:
    """A time-skipping server, a database and workers, with verbs for what a test wants to say."""

    env: WorkflowEnvironment
    database: Database
    settings: Settings
    policy: Policy = field(default_factory=builders.a_policy)
    transport: Transport | None = None

    @property
    def client(self) -> Client:
        return self.env.client

    def accept(self, **sections: Any) -> None:
        self.policy = builders.a_policy(**sections)
        builders.accept(self.database, self.policy)

    def partner(self, partner_id: str = "acme", **columns: Any) -> None:
        with self.database.write() as session:
            builders.a_partner(session, partner_id, **columns)

    def orders(
        self,
        first: date,
        last: date,
        count: int,
        status: str = "completed",
        partner_id: str = "acme",
        **columns: Any,
    ) -> None:
        with self.database.write() as session:
            builders.orders(session, partner_id, first, last, count, status, **columns)

    def too_few_orders(self, partner_id: str = "acme") -> None:
        """A partner who did well until January and had 6 orders, not 10, in February."""
        self.partner(partner_id)
        self.orders(date(2034, 6, 1), date(2035, 1, 31), 160, partner_id=partner_id)
        self.orders(date(2035, 2, 1), date(2035, 2, 28), 6, partner_id=partner_id)

    def covered(self, *ranges: DayRange) -> None:
        with self.database.write() as session:
            builders.covered(session, *(ranges or (FUTURE,)))

    async def now(self) -> datetime:
        return await self.env.get_current_time()

    async def until(self, moment: datetime) -> None:
        """Let time pass until that moment."""
        await self.env.sleep(moment - await self.now())

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Run workers until the block ends."""
        services = build_services(self.settings, self.database, self.transport)
        workers = build_workers(self.client, self.settings, services)
        async with running(workers):
            yield

    async def start(
        self, partner_id: str = "acme"
    ) -> WorkflowHandle[GracePeriod, GracePeriodResult]:
        return await self.client.start_workflow(
            GracePeriod.run,
            GracePeriodInput(partner_id),
            id=grace_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
        )

    async def play(self, partner_id: str = "acme") -> GracePeriodResult:
        """Start a case and let all the time pass that it takes."""
        return await (await self.start(partner_id)).result()

    def outbox(self, partner_id: str = "acme") -> list[OutboxRow]:
        with self.database.read() as session:
            query = select(OutboxRow).where(OutboxRow.partner_id == partner_id)
            return list(session.scalars(query.order_by(OutboxRow.outbox_id)))

    def kinds(self, partner_id: str = "acme") -> list[str]:
        """The kinds of the messages that were accepted, in order."""
        return [row.kind for row in self.outbox(partner_id) if row.state == "accepted"]

    def case(self, partner_id: str = "acme") -> CaseRow:
        with self.database.read() as session:
            query = select(CaseRow).where(CaseRow.partner_id == partner_id)
            return session.scalars(query.order_by(CaseRow.opened_at.desc())).all()[0]

    def cases(self) -> list[CaseRow]:
        with self.database.read() as session:
            return list(session.scalars(select(CaseRow)))

    def decisions(self, partner_id: str = "acme") -> list[DecisionRow]:
        with self.database.read() as session:
            query = select(DecisionRow).where(DecisionRow.partner_id == partner_id)
            return list(session.scalars(query.order_by(DecisionRow.decision_id)))

    def row(self, partner_id: str = "acme") -> PartnerRow:
        with self.database.read() as session:
            return session.get_one(PartnerRow, partner_id)

    async def status(self, wanted: str, partner_id: str = "acme") -> CaseRow:
        """Wait until the case has that status, without letting time pass."""
        await self.eventually(
            lambda: any(c.status == wanted for c in self.cases() if c.partner_id == partner_id),
            f"case is {wanted}",
        )
        return self.case(partner_id)

    async def seen(
        self, handle: WorkflowHandle[GracePeriod, GracePeriodResult], wanted: str
    ) -> None:
        """Wait until the workflow has seen that status, without letting time pass."""
        async with asyncio.timeout(20):
            while (case := await handle.query(GracePeriod.show_case)) is None or (
                case.status != wanted
            ):
                await asyncio.sleep(0.02)

    async def eventually(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds, without letting time pass."""
        try:
            async with asyncio.timeout(20):
                while not holds():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            seen = [(c.case_id, c.status, c.hold_reason) for c in self.cases()]
            raise AssertionError(f"never: {what}; cases: {seen}") from None


def signed(who: str = "Ann", reason: str = "checked by phone") -> SignedCommand:
    return SignedCommand(who, reason)


@pytest.fixture(params=[production, only_when_slow])
def runner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> WorkflowRunner:
    """What workflows run in: as in production, and, in `make test-slow`, in the SDK's sandbox.

    A second time for every test is too much for each `make test`: there, one story of each workflow
    is played in the sandbox, and every stored history is replayed in it.
    """
    monkeypatch.setattr(building, "RUNNER", request.param)
    chosen: WorkflowRunner = request.param
    return chosen


@pytest.fixture
async def server(runner: WorkflowRunner) -> AsyncIterator[WorkflowEnvironment]:
    """A time-skipping server of this test's own, at START."""
    path = Path(sys.executable).parent / "temporal-test-server"
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(path), data_converter=pydantic_data_converter
    ) as env:
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace="default",
                search_attributes={
                    key.name: INDEXED_TYPES[key.indexed_value_type] for key in SEARCH_ATTRIBUTES
                },
            )
        )
        await env.sleep(START - await env.get_current_time())
        yield env


@pytest.fixture
async def stage(
    server: WorkflowEnvironment, tmp_path: Path, sqlite_template: Path
) -> AsyncIterator[World]:
    """A world without workers yet: for tests that choose policy or transport first."""
    path = tmp_path / "partners.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = Settings(
        _env_file=None,
        mode=Mode.TEST,
        database_url=f"sqlite:///{path}",
        mail_per_second=1000,
        activity_threads=4,
        postal_address="1 Quay Street, Northport",  # optional mail needs these two
        public_url="https://partners.northwind.example",
    )
    world = World(server, Database(settings.database_url), settings)
    yield world
    world.database.close()


@pytest.fixture
async def world(stage: World) -> AsyncIterator[World]:
    """A world with the test policy and running workers."""
    stage.accept()
    async with stage.working():
        yield stage
