"""Serving a stand-in on a free port: in a thread of this process, or as a process of its own.

`python -m partners.mail.standin.running --latency 0.05` prints its address and serves until it is
told to stop.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import uvicorn

from partners.mail.standin.server import StandIn

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """Leaves signals to the program around it."""

    capture_signals = nullcontext  # type: ignore[assignment]


def _listen(port: int = 0) -> tuple[socket.socket, str]:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(256)
    return listener, f"http://{HOST}:{listener.getsockname()[1]}"


def _config(standin: StandIn) -> uvicorn.Config:
    return uvicorn.Config(standin.app(), log_level="critical", lifespan="off", backlog=256)


async def _serve(standin: StandIn, server: uvicorn.Server, listener: socket.socket) -> None:
    posting = asyncio.create_task(standin.post_events()) if standin.webhook else None
    await server.serve(sockets=[listener])
    if posting is not None:
        posting.cancel()


@contextmanager
def serving(standin: StandIn, port: int = 0) -> Iterator[str]:
    """Serve in a thread until the block ends; gives its address."""
    listener, address = _listen(port)
    server = _Server(_config(standin))
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(standin, server, listener)), name="stand-in", daemon=True
    )
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
        listener.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--keep", action="store_true", help="keep messages (logs need them)")
    asked = parser.parse_args()
    standin = StandIn(latency=asked.latency, keep=asked.keep)
    listener, address = _listen(asked.port)
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    asyncio.run(_serve(standin, uvicorn.Server(_config(standin)), listener))


if __name__ == "__main__":
    main()
