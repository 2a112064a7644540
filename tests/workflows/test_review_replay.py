"""Stored histories of reviews replay with today's workflow."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from partners import bootstrap
from tests.workflows.record_review_histories import REVIEW_HISTORIES, REVIEW_STORIES
from workflows.review import ProgramReview

STORED = sorted(REVIEW_HISTORIES.glob("*.json"))


def test_every_story_of_a_review_has_a_stored_history() -> None:
    assert {path.name.split(".")[0] for path in STORED} == set(REVIEW_STORIES)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_of_a_review_replays(path: Path) -> None:
    replayer = Replayer(
        workflows=[ProgramReview],
        workflow_runner=bootstrap.SANDBOX,
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(WorkflowHistory.from_json("review/x", path.read_text()))
