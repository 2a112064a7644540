"""Workers as processes, as seen from a benchmark: started, asked, and ended with it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class WorkerProcess:
    """A running `bench._worker`."""

    process: asyncio.subprocess.Process

    async def sent(self, number: int = 0) -> tuple[float, float]:
        """Once it has sent so many messages: when, and its processor time in seconds by then."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{number}\n".encode())
        at, used = json.loads(await self.process.stdout.readline())
        return at, used


@asynccontextmanager
async def worker(side: str, address: str, *others: str) -> AsyncIterator[WorkerProcess]:
    """One worker for as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench._worker", side, address, *others),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield WorkerProcess(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
