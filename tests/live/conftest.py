"""Reviews on the real dev server and on real databases, in real time: today's newest month."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_workers, running
from partners.domain.judging.coverage import DayRange
from partners.domain.policy.metrics import TOTAL_NAMES
from partners.domain.reviews.review import ReviewKind, newest_settled
from partners.domain.time.calendar import Month
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.feed_tables import MonthlyTotalRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import ReviewAssessmentRow
from tests import builders
from tests.postgresql import Databases, named
from tests.servers import dev_server
from workflows.kit.options import SEARCH_ATTRIBUTES, TASK_QUEUE
from workflows.review import ProgramReview, ReviewInput, ReviewResult

Handle = WorkflowHandle[ProgramReview, ReviewResult]
UNGUARDED = {"max_partners": 100_000, "max_share": 1, "always_allow": 100_000}
SETTLED = 3  # days, as the test policy has it


@dataclass
class Live:
    """A server, a database and workers within this process."""

    client: Client
    database: Database
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    @property
    def month(self) -> Month:
        return newest_settled(self.today, SETTLED)

    @property
    def review_id(self) -> str:
        return f"monthly/{self.month}"

    def settings(self) -> Settings:
        return Settings(
            _env_file=None,
            mode=Mode.TEST,
            database_url=self.database.engine.url.render_as_string(hide_password=False),
            activity_threads=4,
            mail_per_second=1000,
        )

    @asynccontextmanager
    async def working(self, client: Client | None = None) -> AsyncIterator[None]:
        """Run workers until the block ends; `client`: theirs, if not that of the test."""
        settings = self.settings()
        services = build_services(settings, self.database)
        workers = build_workers(client or self.client, settings, services)
        async with running(workers):
            yield

    def accept(self, **sections: Any) -> None:
        builders.accept(self.database, builders.a_policy(**sections))

    def below(self, *partner_ids: str) -> None:
        """Partners with 6 orders in the month, not 10, and a feed until yesterday."""
        with self.database.write() as session:
            for partner_id in partner_ids:
                builders.a_partner(session, partner_id)
                builders.orders(session, partner_id, self.month.first_day, self.month.last_day, 6)
            builders.covered(session, self.until_yesterday())

    def until_yesterday(self) -> DayRange:
        return DayRange(date(2020, 1, 1), self.today - timedelta(days=1))

    def crowd(self, count: int, below: int = 0) -> None:
        """Many partners by their monthly totals alone, the first few of them below."""
        names = [f"p{n:06d}" for n in range(count)]
        long_ago = date(2020, 1, 1)
        people = [
            {
                "partner_id": name, "name": name, "email": f"{name}@example.com",
                "kind": "reseller", "tier": "preferred",
                "joined_on": long_ago, "tier_since": long_ago,
            }
            for name in names
        ]  # fmt: skip
        totals = []
        for at, name in enumerate(names):
            done = 6 if at < below else 20
            totals.append(
                {"partner_id": name, "month": self.month.number, **dict.fromkeys(TOTAL_NAMES, 0)}
                | {"placed": done, "accepted": done, "completed": done}
            )
        with self.database.write() as session:
            session.execute(insert(PartnerRow), people)
            builders.covered(session, self.until_yesterday())
            session.execute(insert(MonthlyTotalRow), totals)

    async def start(
        self, workflow_id: str = "review/one", kind: ReviewKind = ReviewKind.MONTHLY
    ) -> Handle:
        return await self.client.start_workflow(
            ProgramReview.run, ReviewInput(kind), id=workflow_id, task_queue=TASK_QUEUE
        )

    def judged(self) -> Counter[str]:
        """How often each partner was judged in the month's review."""
        with self.database.read() as session:
            query = select(ReviewAssessmentRow.partner_id).where(
                ReviewAssessmentRow.review_id == self.review_id
            )
            return Counter(session.scalars(query))

    def mails(self) -> Counter[tuple[str, str | None]]:
        """How many messages of each kind went to each partner (None: to staff)."""
        with self.database.read() as session:
            rows = session.execute(select(OutboxRow.kind, OutboxRow.partner_id))
            return Counter((kind, partner_id) for kind, partner_id in rows)

    def cases(self, *statuses: str) -> int:
        with self.database.read() as session:
            query = select(func.count()).select_from(CaseRow)
            return session.scalar(query.where(CaseRow.status.in_(statuses))) or 0

    async def eventually(self, holds: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(60):
                while not holds():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"never: {what}") from None


@pytest.fixture
async def server() -> AsyncIterator[WorkflowEnvironment]:
    async with dev_server(search_attributes=list(SEARCH_ATTRIBUTES)) as environment:
        yield environment


@pytest.fixture
def live(server: WorkflowEnvironment, database: Database) -> Live:
    """A world on each database system, without policy, partners or workers."""
    return Live(server.client, database)


@pytest.fixture
def live_on_sqlite(
    server: WorkflowEnvironment, tmp_path: Path, sqlite_template: Path
) -> Iterator[Live]:
    path = tmp_path / "live.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield Live(server.client, database)
    database.close()


@pytest.fixture
def live_on_postgresql(
    server: WorkflowEnvironment, postgresql_server: str, postgresql_databases: Databases
) -> Iterator[Live]:
    name = postgresql_databases.take()
    database = Database(named(postgresql_server, name))
    yield Live(server.client, database)
    database.close()
    postgresql_databases.give_back(name)
