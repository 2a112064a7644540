"""The guard from the command line to a review that waits on a real server (rule 13)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from partners.domain.reviews.review import ReviewStatus
from partners.store.engine.database import Database
from partners.use_cases.reviews import review_run
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


async def test_a_command_that_another_run_was_faster_than_shows_how_that_one_stands(
    held: Live,
    run: Callable[..., Any],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The period is claimed between the command's look at the database and its own start."""
    async with held.working():
        await held.start("review/by-hand")
        await held.eventually(lambda: held.mails() == {("guard", None): 1}, "the first waits")
        monkeypatch.setattr(review_run, "_joined", never_joined)

        shown = await asyncio.to_thread(run, "review", "--yes")

    assert shown.status == 0
    assert f"{held.review_id} is waiting for approval" in shown.out
    assert held.mails() == {("guard", None): 1}


async def never_joined(client: Client, claimed_by: str | None) -> None:
    """In place of joining a run that was known before."""


@pytest.mark.parametrize("word", ["approve", "reject"])
async def test_rule_13_a_persons_word_ends_the_wait_and_nobody_is_told_twice(
    held: Live,
    run: Callable[..., Any],  # noqa: F811
    word: str,
) -> None:
    async with held.working():
        shown = await asyncio.to_thread(run, "review", "--yes")
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
