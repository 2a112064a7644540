"""What a namespace must know, and what is said when it does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from partners.errors import SetupError
from partners.temporal import connecting as temporal
from partners.temporal import running
from tests.servers import address, dev_server
from workflows.grace_period import GracePeriod


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with dev_server() as environment:
        yield environment.client


async def test_search_attributes_are_registered_once(client: Client) -> None:
    assert len(await temporal.missing_search_attributes(client)) == 5

    added = await temporal.register_search_attributes(client)

    assert sorted(added) == [
        "GraceDeadline",
        "PartnerStanding",
        "PartnerTier",
        "ReferralStage",
        "ReviewPeriod",
    ]
    assert await temporal.register_search_attributes(client) == []


async def test_a_search_attribute_of_another_type_is_an_error_that_says_what_to_do(
    client: Client,
) -> None:
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace="default",
            search_attributes={"GraceDeadline": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD},
        )
    )

    with pytest.raises(SetupError, match=r"remove --name GraceDeadline"):
        await temporal.register_search_attributes(client)


async def test_an_empty_api_key_does_not_turn_tls_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dev_server() as environment:
        monkeypatch.setenv("TEMPORAL_ADDRESS", address(environment))
        monkeypatch.setenv("TEMPORAL_API_KEY", "")
        assert (await temporal.connect()).namespace == "default"


async def test_no_server_is_an_error_that_names_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    with pytest.raises(SetupError, match=r"127\.0\.0\.1:1 .*TEMPORAL_ADDRESS"):
        await temporal.connect()


DROPPED = "Failed client connect: `get_system_info` call error after connection: ConnectionReset"


@pytest.mark.parametrize(("says", "asked"), [(DROPPED, 2), ("Connection refused", 1)])
async def test_a_call_that_was_dropped_is_made_once_more(
    monkeypatch: pytest.MonkeyPatch, says: str, asked: int
) -> None:
    seen = []

    async def connect(**_: object) -> Client:
        seen.append(says)
        raise RuntimeError(says)

    monkeypatch.setattr(Client, "connect", connect)
    with pytest.raises(SetupError, match="no Temporal server answers"):
        await temporal.connect()
    assert len(seen) == asked


class Absent:
    """A server on which no workflow runs, or which fails otherwise."""

    def __init__(self, status: RPCStatusCode) -> None:
        self._error = RPCError("no", status, b"")

    def get_workflow_handle(self, _workflow_id: str) -> Absent:
        return self

    async def signal(self, _what: object) -> None:
        raise self._error

    async def execute_update(self, _update: object, _order: object, *, id: str) -> str:
        raise self._error

    async def describe(self) -> None:
        raise self._error


async def test_where_no_workflow_runs_whoever_signals_or_commands_is_told() -> None:
    nobody: Any = Absent(RPCStatusCode.NOT_FOUND)
    assert not await running.signal(nobody, "grace/acme", GracePeriod.metrics_changed)
    absent = await running.signal_cases(nobody, ["acme", "zenith"], GracePeriod.notice_changed)
    assert absent == ["acme", "zenith"]
    assert await running.command(nobody, "grace/acme", GracePeriod.void, None) is None
    assert not await running.RunningCases(nobody).is_running("grace/acme")


async def test_a_server_that_fails_otherwise_is_not_taken_for_an_absent_workflow() -> None:
    down: Any = Absent(RPCStatusCode.UNAVAILABLE)
    with pytest.raises(RPCError):
        await running.signal(down, "grace/acme", GracePeriod.metrics_changed)
    with pytest.raises(RPCError):
        await running.command(down, "grace/acme", GracePeriod.void, None)


def test_a_refusal_is_said_once_however_old_the_worker_is() -> None:
    old = ApplicationError("Refused: refused: it is over", type="Refused")
    new = ApplicationError("refused: it is over", type="Refused")
    assert str(running._refusal(old)) == str(running._refusal(new)) == "refused: it is over"
