"""A worker of its own process that kills itself, as `kill -9` would, at one exact point.

It builds the real services on the test's database. Its transport appends the kind of each message
that it hands over to FOLDER/handed_over, and FOLDER/ready-<pid> says that it serves.

A point is `<where> <what>`: before or after an activity, by name (after: its transaction is
committed, but Temporal has not been told); within a page of a review (see `die_in_pages`); before
or after the handing over of a notice, by kind (before: it is claimed).
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from temporalio import activity
from temporalio.client import Client
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    Worker,
)

from activities.cases import case_news
from activities.exclusives.exclusive_facts import KINDS
from activities.reviews import promotion_activities as review_promotions
from activities.services import Services
from partners.bootstrap import mail_and_events, workers
from partners.bootstrap.basics import open_database, program_clock
from partners.bootstrap.services import build_services
from partners.bootstrap.workers import build_workers, running
from partners.domain.cases.view import SendNotice
from partners.domain.exclusives.view import TakeTermStep, TellExclusive
from partners.domain.mail.notices import MailState
from partners.domain.time.clock import ProgramClock
from partners.mail.transport import Message, OutboxTransport, Receipt, Transport
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.judging import window_sums
from partners.store.ladder import proposals
from partners.store.reviews import reviews
from partners.store.tables.exclusive_tables import ExclusiveNewsRow
from partners.store.tables.mail_tables import OutboxRow
from tests.receivers import SECRET
from workflows.kit import options

HANDED_OVER = "handed_over"
UNKNOWN_SECONDS = 3.0
"""So long evidence of an unknown message is waited for."""


class DeathPoint:
    """Where this process dies; None: nowhere. Of several with the same point one dies."""

    def __init__(self, point: str | None, folder: Path) -> None:
        self._point, self._folder = point, folder

    def reach(self, where: str, what: str) -> None:
        if self._point == f"{where} {what}":
            with suppress(FileExistsError):
                (self._folder / f"died {self._point}").touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)


def die_in_pages(death: DeathPoint, size: int) -> None:
    """Make a review's pages so small, and die in the transaction of one of them: `within record 2`
    (its second page of judgements), `within propose 1` (its first page of promotions)."""
    window_sums.PAGE = review_promotions.PAGE = case_news.PAGE = size
    for module in (reviews, proposals):
        name = "record" if module is reviews else "propose"
        setattr(module, name, _dying_page(death, name, getattr(module, name)))


def _dying_page(death: DeathPoint, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    pages = count(1)

    def page(*given: Any, **named: Any) -> Any:
        done = real(*given, **named)
        death.reach("within", f"{name} {next(pages)}")
        return done

    return page


class DyingTransport:
    """A provider that keeps a list of what it was handed, and a worker that dies around it."""

    def __init__(
        self, database: Database, folder: Path, death: DeathPoint, repeatable: bool
    ) -> None:
        self._database, self._death = database, death
        self._list = folder / HANDED_OVER
        self._real = OutboxTransport(delivers=True)
        self.repeatable = repeatable

    def send(self, message: Message) -> Receipt:
        with self._database.read() as session:
            kind = session.get_one(OutboxRow, message.outbox_id).kind
        self._death.reach("before", kind)
        with self._list.open("a") as lines:
            lines.write(f"{kind}\n")
        self._death.reach("after", kind)
        return self._real.send(message)


class NaiveTransport:
    """What a program does that tries again whatever failed, as Temporal would have it."""

    repeatable = True

    def __init__(self, real: Transport) -> None:
        self._real = real

    def send(self, message: Message) -> Receipt:
        receipt = self._real.send(message)
        if receipt.state is MailState.UNKNOWN:
            raise ConnectionError(receipt.detail)
        return receipt


class DyingActivities(ClientInterceptor, Interceptor):
    """Dies before or after an activity; that of a notice is called `send <kind>`."""

    def __init__(self, death: DeathPoint, database: Database) -> None:
        self._death, self._database = death, database

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Dying(next, self._death, self._database)


class _Dying(ActivityInboundInterceptor):
    def __init__(
        self, next: ActivityInboundInterceptor, death: DeathPoint, database: Database
    ) -> None:
        super().__init__(next)
        self._death, self._database = death, database

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        request, name = input.args[0], activity.info().activity_type
        if isinstance(request, SendNotice):
            name = f"send {request.kind}"
        if isinstance(request, TakeTermStep):
            name = f"step {request.step}"
        if isinstance(request, TellExclusive):
            name = f"send {self._kind_of(request)}"
        self._death.reach("before", name)
        result = await super().execute_activity(input)
        self._death.reach("after", name)
        return result

    def _kind_of(self, request: TellExclusive) -> str:
        """The kind of the first of its messages."""
        with self._database.read() as session:
            return KINDS[session.get_one(ExclusiveNewsRow, request.news_ids[0]).event]


class TestServices:
    """The real services, but for a clock that a test may set while this process runs."""

    def __init__(self, settings: Settings, real: Services) -> None:
        self._settings, self._real = settings, real

    @property
    def clock(self) -> ProgramClock:
        return program_clock(self._settings, self._real.database)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def shorten_waits(seconds: float = 3) -> None:
    """A step whose worker died is tried again after its time-out: not so long in tests, but long
    enough that on a busy machine no live attempt is taken for dead."""
    options.STEP_TIMEOUT = options.SEND_TIMEOUT = timedelta(seconds=seconds)
    options.HEARTBEAT_TIMEOUT = timedelta(seconds=1.5)
    options.DELIVERY = RetryPolicy(initial_interval=timedelta(seconds=0.1))
    options.PATIENT = RetryPolicy(initial_interval=timedelta(seconds=0.1))
    brief = partial(Worker, sticky_queue_schedule_to_start_timeout=timedelta(seconds=1))
    workers.Worker = brief


async def run_sending(address: str, folder: Path, sendgrid_host: str, naive: bool) -> None:
    """Serve both queues until killed, with SendGrid's transport against a stand-in.

    `naive`: whatever got no answer is handed over again.
    """
    shorten_waits(3)
    settings = Settings(
        _env_file=None,
        mode=Mode.DEMO,
        database_url=f"sqlite:///{folder / 'partners.db'}",
        mail_per_second=1000,
        activity_threads=8,
        mail_transport="sendgrid",
        mail_sender="Northwind <partners@northwind.example>",
        postal_address="1 Quay Street, Northport",
        sendgrid_api_key=SecretStr("SG.stand-in"),
        sendgrid_host=sendgrid_host,
        sendgrid_timeout_seconds=0.5,
        mail_unknown_minutes=UNKNOWN_SECONDS / 60,
    )
    database = open_database(settings)
    transport = mail_and_events.build_transport(settings)
    transport = NaiveTransport(transport) if naive else transport
    real = build_services(settings, database, transport)
    services: Any = TestServices(settings, real)
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    async with running(build_workers(client, settings, services)):
        (folder / f"ready-{os.getpid()}").touch()
        await asyncio.Event().wait()


def serve_sending(address: str, folder: Path, sendgrid_host: str, naive: bool) -> None:
    """The process: it logs to FOLDER and ends by being killed."""
    _log_to(folder)
    asyncio.run(run_sending(address, folder, sendgrid_host, naive))


async def run(address: str, folder: Path, death: DeathPoint, repeatable: bool) -> None:
    """Serve both queues until killed."""
    shorten_waits()
    settings = Settings(
        _env_file=None,
        mode=Mode.DEMO,
        database_url=f"sqlite:///{folder / 'partners.db'}",
        mail_per_second=1000,
        activity_threads=4,
    )
    if (pages := folder / "page_size").exists():
        die_in_pages(death, int(pages.read_text()))
    if (receiver := folder / "webhook_url").exists():
        settings.webhook_url = receiver.read_text()
        settings.webhook_inside = True
        settings.webhook_secret = SecretStr(SECRET)
    database = open_database(settings)
    transport = DyingTransport(database, folder, death, repeatable)
    real = build_services(settings, database, transport)
    services: Any = TestServices(settings, real)
    dying = DyingActivities(death, database)
    client = await Client.connect(
        address, data_converter=pydantic_data_converter, interceptors=[dying]
    )
    async with running(build_workers(client, settings, services)):
        (folder / f"ready-{os.getpid()}").touch()
        await asyncio.Event().wait()


def serve(address: str, folder: Path, die: str | None, repeatable: bool) -> None:
    """The process: it logs to FOLDER and ends by being killed."""
    _log_to(folder)
    asyncio.run(run(address, folder, DeathPoint(die, folder), repeatable))


def _log_to(folder: Path) -> None:
    log = (folder / f"worker-{os.getpid()}.log").open("wb")
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
