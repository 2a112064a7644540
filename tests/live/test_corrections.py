"""One import that changes a whole past month judges every case it touches again (rule 19)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from tests import builders
from tests.activities.conftest import Desk
from tests.cli.conftest import database, run, url  # noqa: F401
from tests.live.conftest import UNGUARDED, Live
from tests.servers import address
from workflows.kit.options import grace_workflow_id

OPEN = [f"open-{n}" for n in range(6)]
STILL_BELOW = ["still-0", "still-1"]
CLOSED = ["closed-0", "closed-1"]


def removed(database: Database, month: Month, *partner_ids: str) -> None:  # noqa: F811
    """Partners warned for that month and removed at the end of their grace period."""
    desk = Desk(database)
    for partner_id in partner_ids:
        with database.write() as session:
            builders.a_partner(session, partner_id)
            builders.orders(session, partner_id, month.first_day, month.last_day, 6)
    with database.write() as session:
        builders.recount_all(session.connection())
    for partner_id in partner_ids:
        day = month.plus(1).first_day
        desk.now = datetime(day.year, day.month, 5, 12, tzinfo=UTC)
        case = desk.warned(partner_id)
        end = month.plus(2).last_day
        desk.now = datetime(end.year, end.month, end.day, 23, tzinfo=UTC)
        desk.close(desk.apply(desk.decide(case)))
        assert desk.row(case).outcome == "removed"


def correction(path: Path, months: dict[str, Month], each: int) -> Path:
    """More orders of a past month, reported late."""
    lines = [
        f"late/{partner_id}/{n},{partner_id},{month}-{1 + n:02d}T10:00:00Z,completed"
        for partner_id, month in months.items()
        for n in range(each if partner_id not in STILL_BELOW else 1)
    ]
    path.write_text("\n".join(["order_id,partner_id,placed_at,status", *lines]) + "\n")
    return path


async def signals_of(live: Live, partner_id: str) -> int:
    handle = live.client.get_workflow_handle(grace_workflow_id(partner_id))
    history = await handle.fetch_history()
    return sum(e.HasField("workflow_execution_signaled_event_attributes") for e in history.events)


async def test_rule_19_a_correction_of_a_month_judges_every_case_it_touches_in_one_pass(
    server: WorkflowEnvironment,
    database: Database,  # noqa: F811
    run: Callable[..., Any],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address(server))
    live = Live(server.client, database)
    live.accept(guard=UNGUARDED)
    live.below(*OPEN, *STILL_BELOW)
    earlier = live.month.plus(-2)
    removed(database, earlier, *CLOSED)
    before = live.mails()
    async with live.working():
        await (await live.start()).result()
        all_open = len(OPEN) + len(STILL_BELOW)
        await live.eventually(lambda: live.cases("in_grace") == all_open, "all are warned")
        assert "would have ended otherwise" in (await asyncio.to_thread(run, "corrections")).out
        months = dict.fromkeys([*OPEN, *STILL_BELOW], live.month)
        months |= dict.fromkeys(CLOSED, earlier)
        file = correction(tmp_path / "late.csv", months, 6)

        imported = await asyncio.to_thread(run, "import", "orders", file)

        assert (imported.status, f"{all_open} open cases concerned" in imported.out) == (0, True)
        ended = len(OPEN) + len(CLOSED)
        await live.eventually(lambda: live.cases("closed") == ended, "each is voided")
        again = await asyncio.to_thread(run, "import", "orders", file)
        assert "open cases concerned" not in again.out
        for partner_id in (*OPEN, *STILL_BELOW):
            assert await signals_of(live, partner_id) == 1
    listed = (await asyncio.to_thread(run, "corrections")).out
    for partner_id in CLOSED:
        assert f"{partner_id}-{earlier}" in listed
    assert listed.count("was not below standards after all") == len(CLOSED)
    assert "open-" not in listed
    expected = {("warning", partner_id): 1 for partner_id in (*OPEN, *STILL_BELOW)}
    expected |= {("correction", partner_id): 1 for partner_id in OPEN}
    assert live.mails() - before == expected
    assert live.cases("in_grace") == len(STILL_BELOW)
