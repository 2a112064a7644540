"""Stored histories of referrals replay with today's workflow."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import WorkflowRunner

from tests.sandbox import REPLAYED
from tests.workflows.record_referral_histories import REFERRAL_HISTORIES, REFERRAL_STORIES
from tests.workflows.test_replay import replayer
from workflows.referral import ReferralQualification

STORED = sorted(REFERRAL_HISTORIES.glob("*.json"))


def test_every_story_of_referrals_has_a_stored_history() -> None:
    assert {path.name.split(".")[0] for path in STORED} == set(REFERRAL_STORIES)


@pytest.mark.parametrize("runner", REPLAYED)
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_of_referrals_replays(path: Path, runner: WorkflowRunner) -> None:
    history = WorkflowHistory.from_json("referral/acme", path.read_text())
    await replayer(ReferralQualification, runner).replay_workflow(history)
