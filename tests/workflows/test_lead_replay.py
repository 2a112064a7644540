"""Stored histories of leads replay with today's workflow."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import WorkflowRunner

from tests.sandbox import REPLAYED
from tests.workflows.record_lead_histories import LEAD_HISTORIES, LEAD_STORIES
from tests.workflows.test_replay import replayer
from workflows.lead import LeadHandover

STORED = sorted(LEAD_HISTORIES.glob("*.json"))


def test_every_story_of_leads_has_a_stored_history() -> None:
    assert {path.name.split(".")[0] for path in STORED} == set(LEAD_STORIES)


@pytest.mark.parametrize("runner", REPLAYED)
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_of_leads_replays(path: Path, runner: WorkflowRunner) -> None:
    history = WorkflowHistory.from_json("lead/r1", path.read_text())
    await replayer(LeadHandover, runner).replay_workflow(history)


def test_no_stored_history_names_a_person() -> None:
    for path in STORED:
        assert "example" not in path.read_text()  # as all addresses here end
