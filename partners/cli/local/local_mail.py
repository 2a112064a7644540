"""`partners dev --mail sendgrid-local`: real transport and real webhook, without SendGrid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from pydantic import SecretStr

from partners.loading import on_use
from partners.settings import Settings

with on_use():
    from partners.mail.standin import running, server

POSTAL_ADDRESS = "1 Example Street, Exampletown"


class DevMail(StrEnum):
    """How mail leaves in `partners dev`. It never leaves the machine."""

    OUTBOX = "outbox"  # kept, and counted as accepted
    SENDGRID_LOCAL = "sendgrid-local"  # through SendGrid's client to a stand-in, events come back


@contextmanager
def sendgrid_local(
    settings: Settings, sender: str, webhook: str
) -> Iterator[tuple[Settings, server.StandIn]]:
    """A stand-in until the block ends, and settings that use it. Its events go to `webhook`."""
    standin = server.StandIn(webhook=webhook, latency=0.05)
    with running.serving(standin) as address:
        local = settings.model_copy(
            update={
                "mail_transport": "sendgrid",
                "mail_sender": settings.mail_sender or sender,
                "postal_address": settings.postal_address or POSTAL_ADDRESS,
                "sendgrid_host": address,
                "sendgrid_api_key": SecretStr(standin.key),
                "sendgrid_webhook_key": standin.signer.public_key,
            }
        )
        yield local, standin
