"""`partners dev --mail sendgrid-local`: real transport and real webhook, without SendGrid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import SecretStr

from partners.settings import Settings

if TYPE_CHECKING:
    from partners.mail.standin.server import StandIn

POSTAL_ADDRESS = "1 Example Street, Exampletown"


class DevMail(StrEnum):
    """How mail leaves in `partners dev`. It never leaves the machine."""

    OUTBOX = "outbox"  # kept, and counted as accepted
    SENDGRID_LOCAL = "sendgrid-local"  # through SendGrid's client to a stand-in, events come back


@contextmanager
def sendgrid_local(
    settings: Settings, sender: str, webhook: str
) -> Iterator[tuple[Settings, StandIn]]:
    """A stand-in until the block ends, and settings that use it. Its events go to `webhook`."""
    from partners.mail.standin.running import serving
    from partners.mail.standin.server import StandIn

    standin = StandIn(webhook=webhook, latency=0.05)
    with serving(standin) as address:
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
