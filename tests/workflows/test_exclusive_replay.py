"""Stored histories of exclusives replay with today's workflow."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import WorkflowRunner

from tests.sandbox import REPLAYED
from tests.workflows.record_exclusive_histories import EXCLUSIVE_HISTORIES, EXCLUSIVE_STORIES
from tests.workflows.test_replay import replayer
from workflows.offers.exclusive_term import ExclusiveTerm

STORED = sorted(EXCLUSIVE_HISTORIES.glob("*.json"))


def test_every_story_of_exclusives_has_a_stored_history() -> None:
    assert {path.name.split(".")[0] for path in STORED} == set(EXCLUSIVE_STORIES)


@pytest.mark.parametrize("runner", REPLAYED)
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_of_exclusives_replays(path: Path, runner: WorkflowRunner) -> None:
    history = WorkflowHistory.from_json("exclusive/acme-x1", path.read_text())
    await replayer(ExclusiveTerm, runner).replay_workflow(history)
