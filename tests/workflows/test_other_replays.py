"""Stored histories of reviews, promotions, check-ins … replay with today's workflows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import WorkflowRunner

from tests.sandbox import REPLAYED
from tests.workflows.record_histories import HISTORIES, written
from tests.workflows.record_ladder_histories import LADDER_HISTORIES, LADDER_STORIES
from tests.workflows.record_other_histories import OTHER_HISTORIES, OTHER_STORIES
from tests.workflows.record_response_histories import RESPONSE_HISTORIES, RESPONSE_STORIES
from tests.workflows.record_review_histories import REVIEW_HISTORIES, REVIEW_STORIES
from tests.workflows.test_replay import replayer
from workflows.check_in import CheckIn
from workflows.grace_period import GracePeriod
from workflows.inbox import InboxDigest
from workflows.intervention import Intervention
from workflows.mail_resolution import MailResolution
from workflows.offers.incentives import IncentiveAccrual
from workflows.offers.price_change import PriceChange
from workflows.policy_change import PolicyChange
from workflows.promotion import Promotion
from workflows.reconciliation import MailReconciliation
from workflows.review import ProgramReview
from workflows.track_watch import TrackWatch
from workflows.webhook import Delivery, EventSweep

DEFINITIONS = {
    "promotion": Promotion,
    "policy_change": PolicyChange,
    "price_change": PriceChange,
    "check_in": CheckIn,
    "case": GracePeriod,
    "review": ProgramReview,
    "delivery": Delivery,
    "sweep": EventSweep,
    "intervention": Intervention,
    "digest": InboxDigest,
    "resolution": MailResolution,
    "reconciliation": MailReconciliation,
    "tracks": TrackWatch,
    "incentives": IncentiveAccrual,
}
FOLDERS = (REVIEW_HISTORIES, LADDER_HISTORIES, RESPONSE_HISTORIES, OTHER_HISTORIES)
STORED = sorted(path for folder in FOLDERS for path in folder.glob("*.json"))


def definition(path: Path) -> type:
    """The workflow that a history is of; but for reviews it is in its name."""
    if path.parent == REVIEW_HISTORIES:
        return ProgramReview
    (found,) = (d for name, d in DEFINITIONS.items() if path.name.startswith(name))
    return found


def workflow_id(path: Path) -> str:
    ids = {
        ProgramReview: "review/x",
        Promotion: "promotion/acme",
        PolicyChange: "policy/2",
        PriceChange: "price/2/2035-04-04",
        CheckIn: "check-in/acme",
        GracePeriod: "grace/acme",
    }
    return ids.get(definition(path), path.stem)  # the others do not look at theirs


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(workflow_id(path), path.read_text())


def test_every_story_has_a_stored_history() -> None:
    stories = {*REVIEW_STORIES, *LADDER_STORIES, *RESPONSE_STORIES, *OTHER_STORIES}
    assert {path.name.split(".")[0] for path in STORED} == stories


@pytest.mark.parametrize("runner", REPLAYED)
@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_stored_history_replays(path: Path, runner: WorkflowRunner) -> None:
    await replayer(definition(path), runner).replay_workflow(history(path))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
async def test_a_history_with_another_last_step_fails_the_replay(path: Path) -> None:
    """Shows that the test above can fail: the whole history is compared with what is done today."""
    told = history(path)
    *_, last = (e for e in told.events if e.HasField("activity_task_scheduled_event_attributes"))
    last.activity_task_scheduled_event_attributes.activity_type.name = "another"
    with pytest.raises(workflow.NondeterminismError):
        await replayer(definition(path)).replay_workflow(told)


@pytest.mark.parametrize("file", sorted(HISTORIES.rglob("*.json")), ids=lambda file: file.stem)
def test_no_history_holds_paths_of_the_machine_that_made_it(file: Path) -> None:
    content = file.read_text()
    assert written(json.loads(content)) == content
