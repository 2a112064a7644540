"""Connecting to Temporal: one converter, one way in, and what a namespace must know."""

from __future__ import annotations

import asyncio
import os
from functools import partial

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import Runtime

from partners.errors import SetupError
from workflows.kit.options import SEARCH_ATTRIBUTES

INDEXED_TYPES = {
    SearchAttributeIndexedValueType.KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    SearchAttributeIndexedValueType.DATETIME: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


async def connect(runtime: Runtime | None = None, here: str | None = None) -> Client:
    """Connect as the environment says: `temporal.toml`, `TEMPORAL_ADDRESS`, keys, certificates.

    `here`: the server of a `partners dev` in this folder, where the environment names none.
    Raises SetupError, naming the address, if no server answers there.
    """
    # An empty TEMPORAL_API_KEY, typical of compose files, would turn TLS on.
    given = {name: value for name, value in os.environ.items() if value}
    if here is not None and not given.keys() & {"TEMPORAL_ADDRESS", "TEMPORAL_PROFILE"}:
        given["TEMPORAL_ADDRESS"] = here
    config = _configured(given)
    address = config.get("target_host", "localhost:7233")
    config.setdefault("target_host", address)
    connecting = partial(
        Client.connect, **config, data_converter=pydantic_data_converter, runtime=runtime
    )
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            try:
                return await connecting()
            except RuntimeError as error:
                if "call error after connection" not in str(error):
                    raise
                return await connecting()  # a busy server or proxy dropped the first one
    except (RuntimeError, ValueError, TimeoutError) as error:
        raise SetupError(
            f"no Temporal server answers at {address} ({_first_line(error)}); start one "
            "(`partners dev` has one built in) or set TEMPORAL_ADDRESS"
        ) from error


CONNECT_SECONDS = 8.0


def _configured(given: dict[str, str]) -> ClientConnectConfig:
    """Raises SetupError for what cannot be read: a file that is not there, or is no TOML."""
    try:
        return ClientConfig.load_client_connect_config(override_env_vars=given)
    except (OSError, RuntimeError, ValueError) as error:
        raise SetupError(
            f"Temporal's settings cannot be read ({_first_line(error)}); see the TEMPORAL_… "
            "variables, and temporal.toml if there is one"
        ) from error


def _first_line(error: Exception) -> str:
    """Of what the SDK says, without the bytes of an answer that it quotes."""
    if isinstance(error, TimeoutError):
        return f"not within {CONNECT_SECONDS:.0f} seconds"
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return said if len(said) <= LONGEST else f"{said[:LONGEST]} …"


LONGEST = 160


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
