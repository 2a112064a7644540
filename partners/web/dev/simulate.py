"""Making something become of a message, for trying things out on one's own machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from starlette.concurrency import run_in_threadpool

from partners.domain.mail.delivery import Event, MailEvent
from partners.mail.standin.server import StandIn
from partners.mail_addresses import normal
from partners.store.engine.database import Database
from partners.store.mail import mail_events
from partners.temporal.connecting import connect
from partners.use_cases.acting import Outsider, Program
from partners.use_cases.mail import mail_reports
from partners.use_cases.mail.messages import WholeMessage
from partners.web.public.telling import Tell

CHOICES = {
    "delivered": "Delivered",
    "bounce": "Bounce",
    "spamreport": "Spam report",
    "unsubscribe": "Unsubscribe",
}
"""What can be simulated, and how its button reads."""


class Simulator(Protocol):
    """How a simulated event comes about."""

    async def happen(self, message: WholeMessage, name: str) -> bool:
        """Let something become of a message; False if the provider does not know the message."""
        ...


class RecordedEvents:
    """For the outbox, which has no provider: the event is recorded at once, as simulated."""

    def __init__(self, database: Database, tell: Tell, now: Callable[[], datetime]) -> None:
        self._by = Outsider(Program(database, now, connect))
        self._tell = tell

    async def happen(self, message: WholeMessage, name: str) -> bool:
        now = self._by.program.now()
        event = MailEvent(
            event=Event(name),
            email=normal(message.to[0]),
            at=now,
            sg_event_id=f"simulated-{uuid4().hex}",
            outbox_id=message.public_id,
            bounce_type="bounce" if name == Event.BOUNCE else "",
            reason="550 5.1.1 no such user" if name == Event.BOUNCE else "",
        )
        taken = await run_in_threadpool(
            mail_reports.take_in, self._by, [event], None, mail_events.SIMULATED
        )
        await self._tell(taken.partners)
        return True


class StandInEvents:
    """For the local stand-in of SendGrid: it signs the event and posts it to the real webhook."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin

    async def happen(self, message: WholeMessage, name: str) -> bool:
        for taken in self._standin.taken:
            if taken.custom_args.get("outbox_id") == message.public_id:
                self._standin.happen(taken, name)
                return True
        return False
