"""Thousands of referral events through signals for one partner, on the real server.

`REFERRAL_EVENTS=10000 pytest tests/workflows/test_referral_load.py` takes a minute; `make test`
sends an eighth of them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from activities.pages import side_by_side
from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_workers, running
from partners.domain.referrals.referral import ReferralState, Version
from partners.domain.referrals.view import ReferralEvent, ReferralNews
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.referrals import referral_leads, referrals
from partners.store.referrals.referrals import Reported
from partners.temporal.connecting import register_search_attributes
from partners.temporal.running import RunningReferrals
from tests import builders
from tests.servers import dev_server
from tests.workflows.referral_world import TERMS
from workflows.kit.options import referral_workflow_id
from workflows.referral import ReferralQualification

EVENTS = int(os.environ.get("REFERRAL_EVENTS", "1250"))
MOST = 4_000
"""Events of one run's history."""


@pytest.fixture
async def client(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[tuple[Client, Database]]:
    path = tmp_path / "partners.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = Settings(
        _env_file=None,
        mode=Mode.TEST,
        database_url=f"sqlite:///{path}",
        mail_per_second=1000,
        activity_threads=4,
    )
    database = Database(settings.database_url)
    builders.accept(database, builders.a_policy(referral={**TERMS, "successes": 1000}))
    with database.write() as session:
        builders.a_partner(
            session,
            "acme",
            kind="referral",
            tier=None,
            tier_since=None,
            joined_on=datetime.now(UTC).date(),
        )
    async with dev_server() as server:
        await register_search_attributes(server.client)
        services = build_services(settings, database)
        workers = build_workers(server.client, settings, services)
        async with running(workers):
            yield server.client, database
    database.close()


def convert(database: Database, name: str) -> None:
    """One referral led to a purchase, as a feed would say, in a transaction of its own."""
    now = datetime.now(UTC)
    policy = builders.a_policy(referral={**TERMS, "successes": 1000})
    version = Version(now, ReferralState.ACCEPTED)
    with database.write() as session:
        referrals.lock(session)
        report = Reported(name, "acme", f"lead-{name}", now - timedelta(seconds=1), version)
        referrals.take_in(session, [report], "tests", "USD", keep_refused=False)
        referral_leads.resolve(session, {report.lead_ref}, policy, now)


async def test_thousands_of_events_and_no_run_grows_beyond_4000(
    client: tuple[Client, Database],
) -> None:
    temporal, database = client
    running = RunningReferrals(temporal)
    for number in range(40):
        await asyncio.to_thread(convert, database, f"r{number}")

    async def tell(number: str) -> None:
        event = ReferralEvent(f"r{int(number) % 40}", "accepted")
        await running.tell("acme", ReferralNews((event,)))

    await side_by_side(map(str, range(EVENTS)), tell)

    handle = temporal.get_workflow_handle_for(
        ReferralQualification.run, referral_workflow_id("acme")
    )
    async with asyncio.timeout(120):
        while (shown := await handle.query(ReferralQualification.show_progress)).heard < EVENTS:
            await asyncio.sleep(0.2)
    assert shown.heard == EVENTS, "every signal was heard, once"
    assert shown.view is not None
    assert shown.view.open == 40
    lengths = [
        (found.history_length, found.status)
        async for found in temporal.list_workflows("WorkflowType = 'ReferralQualification'")
    ]
    assert len(lengths) > max(1, EVENTS // MOST), "it has handed over"
    assert max(length for length, _ in lengths) <= MOST, lengths
    open_runs = [s for _, s in lengths if s is WorkflowExecutionStatus.RUNNING]
    assert len(open_runs) == 1
