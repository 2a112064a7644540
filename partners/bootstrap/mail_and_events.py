"""What leaves the machine, and when, built from the settings: e-mail, ways to ask, events.

SendGrid's client is loaded only where it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from partners.domain.time.send_window import Cap
from partners.loading import on_use
from partners.mail.send_rules import SendRules
from partners.mail.transport import AllowList, OutboxTransport, Tracer, Transport
from partners.mail.unsubscribe import Links, Tokens, link_secret
from partners.receiver import Receiver
from partners.settings import Mode, Settings
from partners.store.engine.database import Database

with on_use():
    from partners.mail.sendgrid import sendgrid, sendgrid_client, sendgrid_logs, suppression_lists

if TYPE_CHECKING:
    from sendgrid import SendGridAPIClient

    from activities.mail.reconciliation_activities import Lists


def build_tokens(database: Database) -> Tokens:
    """What signs the links in mail; a database makes its secret itself."""
    with database.write() as session:
        return Tokens(link_secret(session))


def build_rules(settings: Settings, database: Database) -> SendRules:
    """When mail may go out, how much of it, and the links in it."""
    service, optional = settings.hours(settings.mode is Mode.PRODUCTION)
    return SendRules(
        service_hours=service,
        optional_hours=optional,
        service_cap=Cap.parse(settings.mail_service_cap),
        optional_cap=Cap.parse(settings.mail_optional_cap),
        run_cap=settings.mail_run_cap,
        consent=settings.mail_consent,
        optional_sender=settings.mail_optional_sender,
        postal_address=settings.postal_address,
        links=Links(build_tokens(database), settings.public_url),
    )


def build_transport(settings: Settings) -> Transport:
    """How e-mail leaves. Raises SetupError if SendGrid is wanted and something is missing."""
    outbox = OutboxTransport(delivers=settings.outbox_delivers)
    if not settings.sends:
        return outbox
    settings.require_mail()
    return sendgrid.SendGridTransport(
        api=_sendgrid(settings),
        kept=outbox,
        allowed=AllowList.parse(settings.mail_allow),
        sandbox=settings.sendgrid_sandbox,
    )


def build_tracer(settings: Settings) -> Tracer | None:
    """Where it is looked up whether a message was taken; None: only events can tell."""
    if not settings.sends:
        return None
    return sendgrid_logs.SendGridLogs(_sendgrid(settings))


def build_lists(settings: Settings) -> Lists | None:
    """The provider's suppression lists; None where mail goes through no provider."""
    if settings.mail_transport == "outbox" or settings.mode is Mode.DEMO:
        return None
    return suppression_lists.SuppressionLists(_sendgrid(settings), settings.sendgrid_groups)


def _sendgrid(settings: Settings) -> SendGridAPIClient:
    return sendgrid_client.client(
        settings.sendgrid_api_key.get_secret_value().strip(),
        settings.sendgrid_host,
        settings.sendgrid_timeout_seconds,
    )


def build_receiver(settings: Settings) -> Receiver | None:
    """Who is told of changes; None where nobody is.

    Raises SetupError for a wrong address or secret.
    """
    if not settings.webhook_url:
        return None
    secrets = settings.webhook_secret.get_secret_value().split()
    return Receiver(
        settings.webhook_url,
        secrets,
        settings.webhook_timeout_seconds,
        inside=settings.webhook_inside,
    )
