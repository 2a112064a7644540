"""`POST /webhooks/sendgrid`: what became of messages, believed only where it is signed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from partners.domain.mail.delivery import MailEvent
from partners.mail.sendgrid.event_webhook import (
    MAX_BYTES,
    SIGNATURE,
    TIMESTAMP,
    Unproven,
    Unreadable,
    Verifier,
    read,
)
from partners.store.engine.database import Database
from partners.store.mail import mail_events
from partners.web.pages import small
from partners.web.public.telling import Tell

log = logging.getLogger("partners.web")


class EventHook:
    """Takes events in. 401 unless signed, 413 if too long, 400 if no list of events.

    Everything else that is signed is answered with 204, or SendGrid would send it for a day.
    """

    def __init__(
        self,
        database: Database,
        verifier: Verifier,
        tell: Tell,
        now: Callable[[], datetime],
        groups: dict[int, str] | None = None,
    ) -> None:
        self._database = database
        self._verifier = verifier
        self._tell = tell
        self._now = now
        self._groups = groups or {}

    async def take(self, request: Request) -> Response:
        signature = request.headers.get(SIGNATURE, "")
        timestamp = request.headers.get(TIMESTAMP, "")
        if not signature or not timestamp:
            return _answer(401, "not signed")  # before a byte of the body is read
        try:
            body = await small(request, MAX_BYTES).body()
            taken = await run_in_threadpool(self._take, body, signature, timestamp)
        except Unproven as error:
            return _answer(401, str(error))
        except Unreadable as error:
            return _answer(400, str(error))
        except ClientDisconnect:
            return _answer(400, "cut off")
        except SQLAlchemyError as error:
            log.error("events could not be stored: %s", type(error).__name__)
            return _answer(503, "try again")
        await self._tell(taken.partners)
        return Response(status_code=204)

    def _take(self, body: bytes, signature: str, timestamp: str) -> mail_events.Taken:
        now = self._now()
        self._verifier.check(body, signature, timestamp, now)
        return store(self._database, read(body), now, self._groups)


def store(
    database: Database,
    events: list[MailEvent],
    now: datetime,
    groups: dict[int, str] | None = None,
    *,
    source: str = mail_events.EVENT,
) -> mail_events.Taken:
    """Store events in one transaction, and say in the log how many; never about whom."""
    with database.write() as session:
        taken = mail_events.take_in(session, events, now, groups=groups, source=source)
    log.info(
        "%d events: %d new, %d known, %d of other mail",
        len(events),
        taken.new,
        taken.known,
        taken.foreign,
    )
    return taken


def _answer(status: int, words: str) -> Response:
    return PlainTextResponse(words + "\n", status_code=status)
