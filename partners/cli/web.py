"""`partners web`: the pages of production, behind a proxy that speaks https."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

import typer

from partners.cli import common
from partners.cli.bounds import port
from partners.errors import SetupError
from partners.loading import on_use
from partners.settings import Settings, load_settings

with on_use():
    from partners.web import app as pages
    from partners.web import serving
    from partners.web.public import telling


def web(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, port("The port.")] = 8080,
) -> None:
    """Serve preferences, unsubscriptions and SendGrid's events until Ctrl-C."""
    settings = load_settings()
    check(settings)
    with common.database() as database:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        app = pages.web_app(database, settings, telling.CaseTeller())
        asyncio.run(serving.serve(app, host, port))


def check(settings: Settings) -> None:
    """Raises SetupError where events of a provider that sends our mail could not be believed."""
    if settings.mail_transport == "sendgrid" and not settings.sendgrid_webhook_key:
        raise SetupError(
            "PARTNERS_SENDGRID_WEBHOOK_KEY is missing: without it no event of SendGrid can be "
            "believed, and bounced warnings would go unnoticed (see .env.example)"
        )
    if not settings.public_url:
        common.warn("PARTNERS_PUBLIC_URL is not set: no e-mail carries a link to these pages")
