"""Telling running cases that something became known of their mail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from temporalio.client import Client
from temporalio.service import RPCError

from partners.errors import SetupError
from partners.temporal.connecting import connect
from partners.temporal.running import RunningCases

log = logging.getLogger("partners.web")

Tell = Callable[[Iterable[str]], Awaitable[None]]
"""Has the cases of these partners look at what is stored."""


class CaseTeller:
    """Signals cases; connects when there is first something to tell, and again after a failure.

    A signal that gets lost is only late: what happened is stored, and the daily watch tells.
    """

    def __init__(self, client: Client | None = None) -> None:
        self._client = client
        self._connecting = asyncio.Lock()

    async def __call__(self, partners: Iterable[str]) -> None:
        """Never raises: whoever reported the events has done their part."""
        names = sorted(partners)
        if not names:
            return
        try:
            cases = RunningCases(await self._connected())
            for name in names:
                await cases.tell(name)
        except (SetupError, RPCError, RuntimeError) as error:
            log.warning("%d cases were not told of their mail: %s", len(names), error)

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is None:
                self._client = await connect()
            return self._client


async def tell_nobody(_partners: Iterable[str]) -> None:
    """Where no cases run."""
