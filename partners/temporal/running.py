"""The way from activities and commands to running workflows: start them, or tell them more."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.service import RPCError as RPCError
from temporalio.service import RPCStatusCode

from activities.pages import side_by_side
from partners.domain.cases.view import GracePeriodInput, GracePeriodResult
from partners.domain.referrals.view import ReferralNews
from partners.errors import Refusal, UserError
from workflows import check_in, intervention, policy_change, promotion, referral, webhook
from workflows.grace_period import GracePeriod
from workflows.kit import options, timeline
from workflows.kit.options import TASK_QUEUE, grace_workflow_id
from workflows.kit.words import referral_words

T = TypeVar("T")

LISTED = 500
"""Running workflows that the server lists at a time."""
RUNNING_CASES = 'WorkflowType = "GracePeriod" AND ExecutionStatus = "Running"'


async def if_there(asked: Awaitable[T]) -> T | None:
    """What the server answers about a workflow; None if none runs under that id."""
    try:
        return await asked
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None


async def signal(client: Client, workflow_id: str, what: Callable[[Any], None]) -> bool:
    """Signal a workflow; False if none runs."""

    async def sent() -> bool:
        await client.get_workflow_handle(workflow_id).signal(what)
        return True

    return bool(await if_there(sent()))


ANSWER_SECONDS = 10.0
"""How long a person waits for a workflow's answer."""


class NotAnswered(Exception):
    """A command waits at the server, and may still take effect."""


async def command(
    client: Client, workflow_id: str, update: Any, command: Any, seen: str = ""
) -> str | None:
    """Give a person's command to a workflow; its answer, or None if none runs.

    `seen`: what it was given upon. The same command upon the same is the same update: a second try
    waits for what the first one left at the server. Raises UserError with the workflow's own reason
    if it refuses, and NotAnswered.
    """
    update_id = act_id(update.__name__, command, seen)
    handle = client.get_workflow_handle(workflow_id)
    asked = asyncio.ensure_future(if_there(handle.execute_update(update, command, id=update_id)))
    answered, _ = await asyncio.wait([asked], timeout=ANSWER_SECONDS)
    if not answered:
        asked.cancel()
        await asyncio.wait([asked])
        raise NotAnswered
    try:
        return asked.result()
    except WorkflowUpdateFailedError as error:
        raise _refusal(error.cause) from error


def act_id(name: str, order: Any, seen: str) -> str:
    """Names an update by what it would do, in digits: nothing personal stands in it (rule 18)."""
    given = asdict(order) if is_dataclass(order) and not isinstance(order, type) else order
    said = json.dumps([seen, name, given], default=str, sort_keys=True)
    return f"{name}-{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def _refusal(cause: BaseException | None) -> UserError:
    """With its code and facts, where the activity that refused gave them."""
    match cause:
        case ApplicationError(details=[str(code), dict(facts)]):
            return Refusal.given_elsewhere(code, facts) or UserError(once(cause.message))
        case FailureError():  # whose text begins with its type
            return UserError(once(cause.message))
    return UserError(str(cause))


def once(said: str) -> str:
    """Older workers answer "Refused: refused: …"."""
    return said.removeprefix("Refused: ")


async def signal_cases(
    client: Client,
    partners: Sequence[str],
    what: Callable[[GracePeriod], None],
    told: Callable[[], object] = lambda: None,
) -> list[str]:
    """Signal the cases of these partners, some at a time; returns those without a workflow.

    A correction of a whole month touches many cases at once; `told` is called after each.
    """

    async def one(partner_id: str) -> bool:
        try:
            return await signal(client, grace_workflow_id(partner_id), what)
        finally:
            told()

    running = await side_by_side(partners, one)
    return [name for name, runs in zip(partners, running, strict=True) if not runs]


async def start_case(
    client: Client, partner_id: str
) -> WorkflowHandle[GracePeriod, GracePeriodResult]:
    """Start a partner's case; one that runs is left alone."""
    return await client.start_workflow(
        GracePeriod.run,
        GracePeriodInput(partner_id),
        id=grace_workflow_id(partner_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=timeline.static_summary(partner_id),
        static_details=timeline.STATIC_DETAILS,
    )


class RunningCases:
    """From activities to the workflows of cases: `activities.reviews.activities.RunningCases`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, partner_id: str) -> None:
        """Start a partner's case; one that runs is left alone. It outlives whoever starts it."""
        await start_case(self._client, partner_id)

    async def tell(self, partner_id: str) -> bool:
        """Say that the numbers changed; False if no workflow runs."""
        return await signal(
            self._client, grace_workflow_id(partner_id), GracePeriod.metrics_changed
        )

    async def mail_changed(self, partner_id: str) -> bool:
        """Say that something was learned about a message; False if no workflow runs."""
        return await signal(self._client, grace_workflow_id(partner_id), GracePeriod.notice_changed)

    async def is_running(self, workflow_id: str) -> bool:
        found = await if_there(self._client.get_workflow_handle(workflow_id).describe())
        return found is not None and found.status is WorkflowExecutionStatus.RUNNING

    async def looked_after(self, beat: Callable[[], None]) -> set[str] | None:
        """Partners for whose case a workflow runs; None where the server keeps no list of them.

        `beat` is called with each page of the server's list.
        """
        running = self._client.list_workflows(RUNNING_CASES, page_size=LISTED)
        partners: set[str] = set()
        try:
            async for found in running:
                partners.add(found.id.removeprefix(grace_workflow_id("")))
                if len(partners) % LISTED == 0:
                    beat()
            return partners
        except RPCError as error:
            if error.status != RPCStatusCode.UNIMPLEMENTED:  # the server that skips time
                raise
            return None


class Words(Protocol):
    """What a workflow's page says of it from the start; modules of workflows have these."""

    STATIC_DETAILS: str

    def static_summary(self, partner_id: str, /) -> str: ...


@dataclass(frozen=True)
class Kind:
    """A workflow of which each partner has at most one."""

    run: Any
    request: Callable[[str], object]  # its input, of a partner's id
    workflow_id: Callable[[str], str]
    words: Words


class OnePerPartner:
    """The way to such workflows."""

    kind: ClassVar[Kind]

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, partner_id: str) -> None:
        """Start a partner's workflow; one that runs is told that there is more to do."""
        await self._start(partner_id, "look_again")

    async def _start(self, partner_id: str, signal: str, *arguments: object) -> None:
        """The signal goes with the start, so that a run about to end sees it and goes on."""
        kind = self.kind
        await self._client.start_workflow(
            kind.run,
            kind.request(partner_id),
            id=kind.workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=signal,  # the SDK takes no method here
            start_signal_args=list(arguments),
            static_summary=kind.words.static_summary(partner_id),
            static_details=kind.words.STATIC_DETAILS,
        )


class RunningPromotions(OnePerPartner):
    """See `activities.reviews.promotion_activities`."""

    kind = Kind(
        promotion.Promotion.run,
        promotion.PromotionInput,
        options.promotion_workflow_id,
        promotion,
    )


class RunningCheckIns(OnePerPartner):
    """See `activities.responses.activities`."""

    kind = Kind(check_in.CheckIn.run, check_in.CheckInInput, options.check_in_workflow_id, check_in)


class RunningInterventions(OnePerPartner):
    """Tell partners what a person did."""

    kind = Kind(
        intervention.Intervention.run,
        intervention.InterventionInput,
        options.intervention_workflow_id,
        intervention,
    )


class RunningDeliveries(OnePerPartner):
    """Tell the outside what changed: see `activities.webhooks.activities`."""

    kind = Kind(webhook.Delivery.run, webhook.DeliveryInput, options.delivery_workflow_id, webhook)


class RunningReferrals(OnePerPartner):
    """Look at a partner's referrals: see `activities.referrals.watch_activities`."""

    kind = Kind(
        referral.ReferralQualification.run,
        referral.ReferralInput,
        options.referral_workflow_id,
        referral_words,
    )

    async def tell(self, partner_id: str, news: ReferralNews) -> None:
        """Say what happened."""
        await self._start(partner_id, "referral_changed", news)


async def start_policy_change(client: Client, version: int) -> None:
    """Have partners told of a version's standards; what runs already is left alone."""
    await client.start_workflow(
        policy_change.PolicyChange.run,
        policy_change.PolicyChangeInput(version),
        id=options.policy_workflow_id(version),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"Tell partners of policy version {version}",
        static_details="Everybody whose standards change, once; then a summary for staff.",
    )
