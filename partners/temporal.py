"""Connecting to Temporal: one converter, one way in, and what a namespace must know."""

from __future__ import annotations

import os
from collections.abc import Callable

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributeIndexedValueType, WorkflowIDConflictPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from partners.domain.referral_view import ReferralNews
from partners.errors import SetupError
from workflows import (
    check_in,
    intervention,
    promotion,
    referral,
    referral_words,
    timeline,
)
from workflows.grace_period import GracePeriod, GracePeriodInput
from workflows.options import (
    SEARCH_ATTRIBUTES,
    TASK_QUEUE,
    check_in_workflow_id,
    grace_workflow_id,
    intervention_workflow_id,
    promotion_workflow_id,
    referral_workflow_id,
)

RUNNING_CASES = 'WorkflowType = "GracePeriod" AND ExecutionStatus = "Running"'

INDEXED_TYPES = {
    SearchAttributeIndexedValueType.KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    SearchAttributeIndexedValueType.DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


async def connect(runtime: Runtime | None = None) -> Client:
    """Connect as the environment says: `temporal.toml`, `TEMPORAL_ADDRESS`, keys, certificates.

    Raises SetupError, naming the address, if no server answers there.
    """
    # An empty TEMPORAL_API_KEY, typical of compose files, would turn TLS on.
    given = {name: value for name, value in os.environ.items() if value}
    config = ClientConfig.load_client_connect_config(override_env_vars=given)
    address = config.get("target_host", "localhost:7233")
    config.setdefault("target_host", address)
    try:
        return await Client.connect(
            **config, data_converter=pydantic_data_converter, runtime=runtime
        )
    except RuntimeError as error:
        raise SetupError(
            f"no Temporal server answers at {address} ({_first_line(error)}); start one "
            "(`partners dev` has one built in) or set TEMPORAL_ADDRESS"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


async def missing_search_attributes(client: Client) -> dict[str, IndexedValueType.ValueType]:
    """The search attributes that the namespace lacks, with their types.

    Raises SetupError for one that exists with another type: adding it would silently do nothing.
    """
    response = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    existing = response.custom_attributes
    for key in SEARCH_ATTRIBUTES:
        wanted = INDEXED_TYPES[key.indexed_value_type]
        if key.name in existing and existing[key.name] != wanted:
            found = IndexedValueType.Name(existing[key.name])
            raise SetupError(
                f"namespace {client.namespace!r} has a search attribute {key.name} of type "
                f"{found}, but {IndexedValueType.Name(wanted)} is needed; remove it with "
                f"`temporal operator search-attribute remove --name {key.name}`, then run: "
                "partners setup"
            )
    return {
        key.name: INDEXED_TYPES[key.indexed_value_type]
        for key in SEARCH_ATTRIBUTES
        if key.name not in existing
    }


async def register_search_attributes(client: Client) -> list[str]:
    """Add the search attributes that the namespace lacks; safe to repeat. Returns their names."""
    missing = await missing_search_attributes(client)
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes=missing,
            )
        )
    return list(missing)


class RunningCases:
    """The way from activities to the workflows of cases: see `activities.reviews.RunningCases`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, partner_id: str) -> None:
        """Start a partner's case; one that runs is left alone. It outlives whoever starts it."""
        await self._client.start_workflow(
            GracePeriod.run,
            GracePeriodInput(partner_id),
            id=grace_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=timeline.static_summary(partner_id),
            static_details=timeline.STATIC_DETAILS,
        )

    async def tell(self, partner_id: str) -> bool:
        """Say that the numbers changed; False if no workflow runs."""
        return await self._signal(partner_id, GracePeriod.metrics_changed)

    async def mail_changed(self, partner_id: str) -> bool:
        """Say that something was learned about a message; False if no workflow runs."""
        return await self._signal(partner_id, GracePeriod.notice_changed)

    async def _signal(self, partner_id: str, signal: Callable[[GracePeriod], None]) -> bool:
        handle = self._client.get_workflow_handle(grace_workflow_id(partner_id))
        try:
            await handle.signal(signal)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def is_running(self, workflow_id: str) -> bool:
        try:
            described = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return False
        return described.status is WorkflowExecutionStatus.RUNNING

    async def looked_after(self) -> set[str] | None:
        """Partners for whose case a workflow runs; None where the server keeps no list of them."""
        running = self._client.list_workflows(RUNNING_CASES)
        try:
            return {found.id.removeprefix(grace_workflow_id("")) async for found in running}
        except RPCError as error:
            if error.status != RPCStatusCode.UNIMPLEMENTED:  # the server that skips time
                raise
            return None


class RunningPromotions:
    """The way to the workflows of promotions: see `activities.review_promotions`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, partner_id: str) -> None:
        """Start a partner's `Promotion`; one that runs is told that there is more to do.

        The signal goes with the start, so that a run about to end sees it and goes on.
        """
        await self._client.start_workflow(
            promotion.Promotion.run,
            promotion.PromotionInput(partner_id),
            id=promotion_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="look_again",  # the SDK takes no method here
            static_summary=promotion.static_summary(partner_id),
            static_details=promotion.STATIC_DETAILS,
        )


class RunningCheckIns:
    """The way to the workflows of check-ins: see `activities.responses`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, partner_id: str) -> None:
        """Start a partner's `CheckIn`; one that runs looks again."""
        await self._client.start_workflow(
            check_in.CheckIn.run,
            check_in.CheckInInput(partner_id),
            id=check_in_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="look_again",  # the SDK takes no method here
            static_summary=check_in.static_summary(partner_id),
            static_details=check_in.STATIC_DETAILS,
        )


class RunningInterventions:
    """The way to the workflows that tell partners what a person did."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, partner_id: str) -> None:
        """Start a partner's `Intervention`; one that runs is told that there is more to tell."""
        await self._client.start_workflow(
            intervention.Intervention.run,
            intervention.InterventionInput(partner_id),
            id=intervention_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="look_again",  # the SDK takes no method here
            static_summary=intervention.static_summary(partner_id),
            static_details=intervention.STATIC_DETAILS,
        )


class RunningReferrals:
    """The way to the workflows of partners who refer: see `activities.referral_watch`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def start(self, partner_id: str) -> None:
        """Have a partner's referrals looked at: by the workflow that runs, or by a new one."""
        await self._start(partner_id, "look_again", ())

    async def tell(self, partner_id: str, news: ReferralNews) -> None:
        """Say what happened; the signal goes with the start, so that none is lost between."""
        await self._start(partner_id, "referral_changed", (news,))

    async def _start(self, partner_id: str, signal: str, arguments: tuple[object, ...]) -> None:
        await self._client.start_workflow(
            referral.ReferralQualification.run,
            referral.ReferralInput(partner_id),
            id=referral_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=signal,  # the SDK takes no method here
            start_signal_args=list(arguments),
            static_summary=referral_words.static_summary(partner_id),
            static_details=referral_words.STATIC_DETAILS,
        )
