"""The pages of production: events in, preferences, health. `partners dev` adds the mail desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from temporalio.client import Client

from partners.bootstrap import mail_and_events
from partners.bootstrap.basics import program_clock
from partners.mail.sendgrid.event_webhook import Verifier
from partners.mail.standin.server import StandIn
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.temporal.connecting import connect
from partners.use_cases.acting import Outsider, Program
from partners.web.dev.mails import mail_app
from partners.web.dev.simulate import RecordedEvents, StandInEvents
from partners.web.pages import Pages
from partners.web.public.lead_page import LeadPage
from partners.web.public.preferences import Preferences
from partners.web.public.telling import CaseTeller, Tell
from partners.web.public.webhook import EventHook

Now = Callable[[], datetime]
WEBHOOK_PATH = "/webhooks/sendgrid"


def real_now() -> datetime:
    return datetime.now(UTC)


def web_routes(
    database: Database, settings: Settings, tell: Tell, now: Now = real_now
) -> list[BaseRoute]:
    """What partners and SendGrid reach. Without a webhook key no events are taken in.

    Raises SetupError for a key that is none.
    """
    tokens = mail_and_events.build_tokens(database)
    pages = Pages(settings.templates)
    by = Outsider(Program(database, now, connect))
    preferences = Preferences(by, pages, tokens, settings.mail_consent)
    both = ["GET", "POST"]
    routes: list[BaseRoute] = [
        Route("/healthz", _Health(database).answer),
        Route("/preferences/{token}", preferences.preferences, methods=both),
        Route("/unsubscribe/{token}", preferences.unsubscribe, methods=both),
        Route("/lead/{token}", LeadPage(by, pages, tokens).lead, methods=both),
    ]
    if settings.sendgrid_webhook_key:
        age = timedelta(hours=settings.sendgrid_webhook_max_age_hours)
        verifier = Verifier(settings.sendgrid_webhook_key, age)
        groups = {number: topic.value for topic, number in settings.sendgrid_groups.items()}
        hook = EventHook(by, verifier, tell, groups)
        routes.append(Route(WEBHOOK_PATH, hook.take, methods=["POST"]))
    return routes


def web_app(database: Database, settings: Settings, tell: Tell, now: Now = real_now) -> Starlette:
    """The application of `partners web`."""
    return Starlette(routes=web_routes(database, settings, tell, now))


def demo_app(database: Database, settings: Settings, client: Client) -> Starlette:
    """The application of `partners demo`: the mails, and the pages that their links lead to."""
    routes = web_routes(database, settings, CaseTeller(client))
    return mail_app(database, settings.templates, more=routes)


def dev_app(
    database: Database, settings: Settings, client: Client, standin: StandIn | None = None
) -> Starlette:
    """The application of `partners dev`: the mail desk with its buttons, beside all other pages.

    With a stand-in of SendGrid, buttons have it post signed events to the webhook of this very
    application; without one they are recorded at once.
    """
    clock, tell = program_clock(settings, database), CaseTeller(client)

    def now() -> datetime:
        return clock.program_time(real_now())

    recorded = RecordedEvents(database, tell, now)
    return mail_app(
        database,
        settings.templates,
        simulator=StandInEvents(standin) if standin is not None else recorded,
        links=mail_and_events.build_rules(settings, database).links,
        more=web_routes(database, settings, tell, now),
    )


class _Health:
    """Whether this process can answer: it reaches its database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer(self, _request: Request) -> Response:
        try:
            await run_in_threadpool(self._database.look)
        except SQLAlchemyError:
            return PlainTextResponse("the database does not answer\n", status_code=503)
        return PlainTextResponse("ok\n")
