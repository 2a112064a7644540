"""`partners web`: the pages of production, behind a proxy that speaks https."""

from __future__ import annotations

import asyncio
import logging
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from partners.cli import common
from partners.cli.bounds import port
from partners.errors import SetupError
from partners.settings import Settings, load_settings

if TYPE_CHECKING:
    import uvicorn


def web(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, port("The port.")] = 8080,
) -> None:
    """Serve preferences, unsubscriptions and SendGrid's events until Ctrl-C."""
    settings = load_settings()
    check(settings)
    with common.database() as database:
        import uvicorn  # here: other commands start without a server

        from partners.web.app import web_app
        from partners.web.public.telling import CaseTeller

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        app = web_app(database, settings, CaseTeller())
        # Access logs would hold the signed links.
        config = uvicorn.Config(
            app, host=host, port=port, access_log=False, server_header=False, lifespan="off"
        )
        asyncio.run(_serve(config))


async def _serve(config: uvicorn.Config) -> None:
    """Serve until SIGTERM or Ctrl-C, let running requests finish, and end without an error."""
    import uvicorn

    from partners.embedded import stop_asked

    class Server(uvicorn.Server):
        capture_signals = nullcontext  # type: ignore[assignment]

    stop, server = stop_asked(), Server(config)
    serving, stopped = asyncio.create_task(server.serve()), asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopped.cancel()
    await serving
    # An interpreter that exits right after using the SDK can abort (sdk-python #300).
    await asyncio.sleep(0.2)


def check(settings: Settings) -> None:
    """Raises SetupError where events of a provider that sends our mail could not be believed."""
    if settings.mail_transport == "sendgrid" and not settings.sendgrid_webhook_key:
        raise SetupError(
            "PARTNERS_SENDGRID_WEBHOOK_KEY is missing: without it no event of SendGrid can be "
            "believed, and bounced warnings would go unnoticed (see .env.example)"
        )
    if not settings.public_url:
        common.warn("PARTNERS_PUBLIC_URL is not set: no e-mail carries a link to these pages")
