"""A worker whose processor time is measured: a process of its own.

It serves the queues with the program's real activities, or with those that do nothing. For each
number read from standard input it waits until so many messages have gone out in all, and says on
standard output when that was, and how much processor time the process has used by then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import time
from dataclasses import dataclass
from typing import Any

from partners.loading import collect_seldom, uncollected

with uncollected():  # as in worker.py
    from concurrent.futures import ThreadPoolExecutor

    from pydantic import SecretStr
    from temporalio.client import Client
    from temporalio.client import Interceptor as ClientInterceptor
    from temporalio.contrib.pydantic import pydantic_data_converter
    from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
    from temporalio.worker import (
        ActivityInboundInterceptor,
        ExecuteActivityInput,
        Interceptor,
        Worker,
    )

    from bench._noop import Noop, noop_mail, noop_step
    from partners.bootstrap.services import build_services
    from partners.bootstrap.workers import RUNNER, Queue, build_workers, running
    from partners.domain.mail.notices import MailState
    from partners.mail.transport import Message, Receipt, Transport
    from partners.settings import Mode, Settings
    from partners.store.engine.database import Database
    from workflows.kit.options import MAIL_TASK_QUEUE, TASK_QUEUE

SETTLES = 0.5
"""Seconds after the last message until its workflow has set its attributes and timers."""

MESSAGES = ("send_notice", "noop_mail", "send_staff_notice")


class MailCount(ClientInterceptor, Interceptor):
    """Counts the completed activities of the mail queue: a case is warned with its first."""

    def __init__(self) -> None:
        self.done = 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Counting(next, self)

    async def reaches(self, number: int) -> None:
        while self.done < number:
            await asyncio.sleep(0.005)


class _Counting(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, count: MailCount) -> None:
        super().__init__(next)
        self._count = count

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        result = await super().execute_activity(input)
        if input.fn.__name__ in MESSAGES:
            self._count.done += 1
        return result


@dataclass(frozen=True)
class DoesNothing:
    """A transport that takes every message at once."""

    repeatable: bool = False

    def send(self, message: Message) -> Receipt:
        return Receipt(MailState.ACCEPTED, provider_id=message.public_id)


def settings_for(database_url: str, provider: str = "") -> Settings:
    """Those of a worker whose mail nothing holds back, as it is shipped; `provider`: its host."""
    sendgrid: dict[str, Any] = {
        "mail_transport": "sendgrid",
        "mail_sender": "partners@northwind.example",
        "postal_address": "1 Quay Street, Northport",
        "sendgrid_api_key": SecretStr("SG.stand-in"),
        "sendgrid_host": provider,
    }
    return Settings(
        _env_file=None,
        mode=Mode.TEST,
        database_url=database_url,
        mail_per_second=100_000,
        **(sendgrid if provider else {}),
    )


def real_workers(
    client: Client,
    settings: Settings,
    queues: tuple[Queue, ...] = tuple(Queue),
    transport: Transport | None = None,
) -> list[Worker]:
    database = Database(settings.database_url, pool_size=settings.activity_threads)
    services = build_services(settings, database, transport)
    return build_workers(client, settings, services, queues)


def noop_workers(client: Client, settings: Settings) -> list[Worker]:
    """As `build_workers` has it."""
    threads = settings.activity_threads
    cases = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[Noop],
        workflow_runner=RUNNER,
        activities=[noop_step],
        activity_executor=ThreadPoolExecutor(threads),
        max_concurrent_activities=threads,
    )
    mail = Worker(
        client,
        task_queue=MAIL_TASK_QUEUE,
        activities=[noop_mail],
        activity_executor=ThreadPoolExecutor(threads),
        max_concurrent_activities=threads,
        max_task_queue_activities_per_second=settings.mail_per_second,
    )
    return [cases, mail]


def build(asked: argparse.Namespace, client: Client) -> list[Worker]:
    """The side of the comparison that was asked for."""
    settings = settings_for(asked.database, asked.provider)
    only_mail = (Queue.MAIL,)
    match asked.side:
        case "noop":
            return noop_workers(client, settings)
        case "mail":
            return real_workers(client, settings, only_mail)
        case "mail to nobody":
            return real_workers(client, settings, only_mail, DoesNothing())
    return real_workers(client, settings)


async def serve(asked: argparse.Namespace) -> None:
    """Work until standard input ends."""
    count = MailCount()
    client = await Client.connect(
        asked.address, data_converter=pydantic_data_converter, interceptors=[count]
    )
    async with running(build(asked, client)):
        while number := await asyncio.to_thread(sys.stdin.readline):
            await count.reaches(int(number))
            reached_at = time.time()
            await asyncio.sleep(SETTLES)
            print(json.dumps([reached_at, time.process_time()]), flush=True)
    await asyncio.sleep(0.2)  # see sdk-python #300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=["real", "noop", "mail", "mail to nobody"])
    parser.add_argument("address", help="of the Temporal server")
    parser.add_argument("database", help="its URL")
    parser.add_argument("--provider", default="", help="the stand-in's address")
    asked = parser.parse_args()
    collect_seldom()
    logging.disable(logging.WARNING)
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter="ERROR"))))
    asyncio.run(serve(asked))


if __name__ == "__main__":
    main()
