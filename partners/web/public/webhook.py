"""`POST /webhooks/sendgrid`: what became of messages, believed only where it is signed."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from partners.mail.sendgrid.event_webhook import (
    MAX_BYTES,
    SIGNATURE,
    TIMESTAMP,
    Unproven,
    Unreadable,
    Verifier,
    read,
)
from partners.store.mail.mail_events import Taken
from partners.use_cases.acting import Outsider
from partners.use_cases.mail import mail_reports
from partners.web.pages import small
from partners.web.public.telling import Tell

log = logging.getLogger("partners.web")


class EventHook:
    """Takes events in. 401 unless signed, 413 if too long, 400 if no list of events.

    Everything else that is signed is answered with 204, or SendGrid would send it for a day.
    """

    def __init__(
        self, by: Outsider, verifier: Verifier, tell: Tell, groups: dict[int, str] | None = None
    ) -> None:
        self._by = by
        self._verifier = verifier
        self._tell = tell
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

    def _take(self, body: bytes, signature: str, timestamp: str) -> Taken:
        self._verifier.check(body, signature, timestamp, self._by.program.now())
        return mail_reports.take_in(self._by, read(body), self._groups)


def _answer(status: int, words: str) -> Response:
    return PlainTextResponse(words + "\n", status_code=status)
