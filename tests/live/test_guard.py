"""The guard from the command line to a review that waits on a real server (rule 13)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from partners.domain.review import ReviewStatus
from partners.store.database import Database
from tests.cli.conftest import database, run, url  # noqa: F401
from tests.live.conftest import Live
from tests.servers import address
from workflows.review import ProgramReview

MANY = [f"p{n}" for n in range(10)]


@pytest.fixture
def held(
    server: WorkflowEnvironment,
    database: Database,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Live:
    """Ten of ten partners below, which the guard does not let pass; commands find the server."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", address(server))
    live = Live(server.client, database)
    live.accept()
    live.below(*MANY)
    return live


@pytest.mark.parametrize("word", ["approve", "reject"])
async def test_rule_13_a_persons_word_ends_the_wait_and_nobody_is_told_twice(
    held: Live,
    run: Callable[..., Any],  # noqa: F811
    word: str,
) -> None:
    async with held.working():
        shown = await asyncio.to_thread(run, "review")
        assert (shown.status, "is waiting for approval" in shown.out) == (0, True)
        staff = {("guard", None): 1}
        await held.eventually(lambda: held.mails() == staff, "staff are told")
    async with held.working():  # another worker takes the waiting review over
        listed = await asyncio.to_thread(run, "guard", "list")
        assert held.review_id in listed.out
        answer = ("guard", word, held.review_id, "--reason", "checked", "--by", "Ann")

        given = await asyncio.to_thread(run, *answer)

        said = f"{held.review_id} is {'approved' if word == 'approve' else 'rejected'}"
        assert (given.status, said in given.out) == (0, True)
        handle = held.client.get_workflow_handle_for(ProgramReview.run, f"review/{held.review_id}")
        result = await handle.result()
        again = await asyncio.to_thread(run, *answer)
        assert (again.status, "does not wait for approval" in again.err) == (2, True)
        assert result.status is ReviewStatus.DONE
        if word == "approve":
            warned = {("warning", partner_id): 1 for partner_id in MANY}
            await held.eventually(lambda: held.cases("in_grace") == 10, "each is warned")
            assert held.mails() == staff | warned
            assert result.counts["started"] == 10
        else:
            assert (held.mails(), held.cases("opened", "in_grace", "on_hold")) == (staff, 0)
            assert "rejected by Ann: checked" in result.detail
        history = await handle.fetch_history()
        sent = [
            e
            for e in history.events
            if e.activity_task_scheduled_event_attributes.activity_type.name == "send_staff_notice"
        ]
        assert len(sent) == 1
