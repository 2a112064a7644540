"""Serving the pages of production until the process is asked to stop."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

import uvicorn
from starlette.applications import Starlette

from partners.embedded import stop_asked


class _Server(uvicorn.Server):
    capture_signals = nullcontext  # type: ignore[assignment]


async def serve(app: Starlette, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C, let running requests finish, and end without an error."""
    # Access logs would hold the signed links.
    server = _Server(
        uvicorn.Config(
            app, host=host, port=port, access_log=False, server_header=False, lifespan="off"
        )
    )
    stop = stop_asked()
    serving, stopped = asyncio.create_task(server.serve()), asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopped.cancel()
    await serving
    # An interpreter that exits right after using the SDK can abort (sdk-python #300).
    await asyncio.sleep(0.2)
