"""What the SDK's sandbox refuses is seen before it ships, though production has none (ADR 009)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker, WorkflowRunner

from tests.receivers import LocalReceiver
from tests.sandbox import production, sandboxed
from tests.test_registered_names import PINNED
from tests.workflows import record_exclusive_histories as exclusives
from tests.workflows import record_histories as cases
from tests.workflows import record_ladder_histories as ladder
from tests.workflows import record_lead_histories as lead_stories
from tests.workflows import record_other_histories as others
from tests.workflows import record_referral_histories as referrals
from tests.workflows import record_response_histories as responses
from tests.workflows import record_review_histories as reviews
from tests.workflows.conftest import World
from tests.workflows.forbidden import ACTS, Forbidden
from tests.workflows.lead_world import Selling
from tests.workflows.referral_world import Referring

PLAYED: dict[str, Callable[[World], Awaitable[Any]]] = {
    "CheckIn": responses.check_in_told,
    "Delivery": others.delivery_arrived,
    "EventSweep": others.sweep_finds_nothing,
    "ExclusiveTerm": lambda world: exclusives.missed_and_lost(exclusives.holding(world)),
    "GracePeriod": cases.removed_with_two_reminders,
    "IncentiveAccrual": others.incentives_accrued_and_released,
    "InboxDigest": others.digest_sent,
    "Intervention": others.intervention_told,
    "LeadHandover": lambda world: lead_stories.won_by_an_order(Selling(world)),
    "MailReconciliation": others.reconciliation_without_lists,
    "MailResolution": others.resolution_of_an_unknown_warning,
    "PolicyChange": ladder.policy_change_told,
    "PriceChange": ladder.price_change_told,
    "ProgramReview": reviews.monthly,
    "Promotion": ladder.promotion_approved_by_the_policy,
    "TrackWatch": others.tracks_begun_and_told,
    "ReferralQualification": lambda world: referrals.falls_short(Referring(world)),
}
"""A story of each workflow. The stories hold for themselves that they come to their end."""


def test_each_workflow_has_one() -> None:
    names = [line.split() for line in PINNED.splitlines()]
    assert set(PLAYED) == {words[1] for words in names if words[:1] == ["workflow"]}


@pytest.mark.parametrize("runner", [sandboxed], indirect=True)
@pytest.mark.parametrize("workflow", PLAYED)
async def test_a_story_of_each_workflow_plays_in_the_sandbox(stage: World, workflow: str) -> None:
    with LocalReceiver().running() as receiver:
        stage.settings = stage.settings.model_copy(update=others.told_at(receiver.url))
        stage.transport = others.NoAnswer() if workflow == "MailResolution" else None
        stage.accept()
        async with stage.working():
            await PLAYED[workflow](stage)


async def played(act: str, env: WorkflowEnvironment, runner: WorkflowRunner) -> str:
    """What comes of a workflow that does this."""
    async with Worker(env.client, task_queue="acts", workflows=[Forbidden], workflow_runner=runner):
        return await env.client.execute_workflow(
            Forbidden.run, act, id="forbidden", task_queue="acts"
        )


@pytest.mark.parametrize("runner", [sandboxed], indirect=True)
@pytest.mark.parametrize("act", ACTS)
async def test_what_a_workflow_must_not_do_is_refused(
    act: str, server: WorkflowEnvironment, runner: WorkflowRunner
) -> None:
    with pytest.raises(WorkflowFailureError) as failed:
        await played(act, server, runner)
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "RestrictedWorkflowAccessError"


@pytest.mark.parametrize("runner", [production], indirect=True)
async def test_production_does_not_notice_it(
    server: WorkflowEnvironment, runner: WorkflowRunner
) -> None:
    """Why tests must."""
    assert await played("reads the clock in the domain", server, runner) == "done"
