"""What activities are given, and `partners mail test` besides."""

from __future__ import annotations

from threading import BoundedSemaphore

from activities.services import Services, who_acts
from partners.bootstrap.basics import program_clock
from partners.bootstrap.mail_and_events import build_rules, build_transport
from partners.mail.render import Renderer
from partners.mail.transport import Transport
from partners.settings import Settings
from partners.store.engine.database import Database


def build_services(
    settings: Settings, database: Database, transport: Transport | None = None
) -> Services:
    """Everything the activities are given."""
    database.actor = who_acts
    return Services(
        database=database,
        clock=program_clock(settings, database),
        renderer=Renderer(settings.templates),
        transport=transport or build_transport(settings),
        sender=settings.mail_sender,
        rules=build_rules(settings, database),
        desk=settings.desk_url,
        turns=BoundedSemaphore(settings.mail_at_once),
    )
