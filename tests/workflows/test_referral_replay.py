"""Stored histories of referrals replay with today's workflow."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from partners.bootstrap.workers import RUNNER
from tests.workflows.record_referral_histories import REFERRAL_HISTORIES, REFERRAL_STORIES
from workflows.referral import ReferralQualification

STORED = sorted(REFERRAL_HISTORIES.glob("*.json"))


def test_every_story_of_referrals_has_a_stored_history() -> None:
    assert {path.name.split(".")[0] for path in STORED} == set(REFERRAL_STORIES)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_of_referrals_replays(path: Path) -> None:
    replayer = Replayer(
        workflows=[ReferralQualification],
        workflow_runner=RUNNER,
        data_converter=pydantic_data_converter,
    )
    history = WorkflowHistory.from_json("referral/acme", path.read_text())
    await replayer.replay_workflow(history)
