"""Runs the program's workflows and activities: settings → connect → build → run."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys

from partners.loading import collect_seldom, uncollected

with uncollected():
    from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

    from partners.bootstrap.basics import open_database, require_policy
    from partners.bootstrap.services import build_services
    from partners.bootstrap.workers import Queue, build_workers, running
    from partners.errors import PartnersError, SetupError
    from partners.settings import Settings, load_settings
    from partners.store.engine.address import trouble
    from partners.temporal.connecting import connect, missing_search_attributes

log = logging.getLogger("partners.worker")


async def run(settings: Settings, queues: tuple[Queue, ...]) -> None:
    """Serve the queues until SIGTERM or SIGINT, then let running activities finish."""
    database = open_database(settings)
    require_policy(database)
    services = build_services(settings, database)
    client = await connect(_runtime(settings))
    if missing := await missing_search_attributes(client):
        raise SetupError(
            f"namespace {client.namespace!r} lacks the search attributes {', '.join(missing)}; "
            "run: partners setup"
        )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log.info("serving %s at %s", ", ".join(queues), client.service_client.config.target_host)
    async with running(build_workers(client, settings, services, queues)):
        await stop.wait()
        log.info("draining: running steps have %.0f seconds to finish", settings.drain_seconds)
    database.close()
    # An interpreter that exits right after using the SDK can abort (sdk-python #300).
    await asyncio.sleep(0.2)


def _runtime(settings: Settings) -> Runtime | None:
    if not settings.metrics_address:
        return None
    metrics = PrometheusConfig(bind_address=settings.metrics_address)
    return Runtime(telemetry=TelemetryConfig(metrics=metrics))


def main() -> None:
    """Entry point; what is not ready is one line on stderr and exit status 2."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--queue",
        choices=[queue.value for queue in Queue],
        help="serve only this task queue (default: both)",
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    queues = (Queue(arguments.queue),) if arguments.queue else tuple(Queue)
    collect_seldom()
    try:
        asyncio.run(run(load_settings(), queues))
    except PartnersError as error:
        sys.exit(f"error: {error}")
    except Exception as error:
        if (said := trouble(error)) is None:
            raise
        sys.exit(f"error: {said}")


if __name__ == "__main__":
    main()
