"""The mail desk: the outbox in a browser, served by `partners dev` on this machine only.

Everything that a message holds is escaped, and its HTML is shown in a sandboxed frame under a
policy that lets it run nothing and load nothing: it may not even be ours (names come from feeds).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from partners.domain.mail.delivery import Delivery
from partners.domain.mail.notices import MailState, NoticeKind
from partners.mail.unsubscribe import NO_LINKS, Links
from partners.mail.words import catalogues
from partners.mail.words.plain import one_line
from partners.settings import load_settings
from partners.store.engine.database import Database
from partners.store.mail import mailbox
from partners.store.mail.mail_refusals import UnknownMessage
from partners.temporal.connecting import connect
from partners.use_cases.acting import Face, Program, Viewer
from partners.use_cases.mail import messages
from partners.use_cases.mail.messages import Message, MessageFile, WholeMessage
from partners.web.dev.previews import MESSAGE_HEADERS, Previews
from partners.web.dev.simulate import CHOICES, Simulator
from partners.web.pages import COMMON_HEADERS, FORM_BYTES, Pages, small

PAGE_SIZE = 100
LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]


def mail_app(
    database: Database,
    templates: Path | None = None,
    *,
    simulator: Simulator | None = None,
    links: Links = NO_LINKS,
    more: list[BaseRoute] | None = None,
) -> Starlette:
    """The desk of one database, to be served or mounted; `templates` as in the settings.

    With a `simulator` messages have buttons, and only this machine is answered: a page elsewhere
    could else have its name point here. `more`: routes beside the desk's.
    """
    by = Viewer(Program(database, lambda: datetime.now(UTC), connect), "the desk", Face.CONSOLE)
    folder = templates or load_settings().templates
    pages = Pages(folder)
    desk = _Desk(by, pages, simulator, links)
    guards = [Middleware(TrustedHostMiddleware, allowed_hosts=LOCAL_HOSTS)] if simulator else []
    return Starlette(
        routes=[
            *(more or []),
            Route("/", desk.index, name="mails"),
            *Previews(by, pages, folder).routes(),
            Route("/{number:int}", desk.message, name="mail"),
            Route("/{number:int}/html", desk.html, name="mail_html"),
            Route("/{number:int}/eml", desk.eml, name="mail_eml"),
            Route("/{number:int}/simulate", desk.simulate, methods=["POST"]),
        ],
        middleware=guards,
        exception_handlers={404: desk.absent},
    )


class _Desk:
    """The pages. Queries run on threads, beside whatever else the server does."""

    def __init__(self, by: Viewer, pages: Pages, simulator: Simulator | None, links: Links) -> None:
        self._by = by
        self._pages = pages
        self._simulator = simulator
        self._links = links
        self._token = secrets.token_urlsafe(16)
        """What a form of ours holds, and one on a page elsewhere does not (CSRF)."""

    async def index(self, request: Request) -> Response:
        # PostgreSQL refuses a NUL even in a question.
        names = ("partner", "kind", "state")
        asked = {name: one_line(request.query_params.get(name, "")) for name in names}
        before = _number(request.query_params.get("before", ""))
        rows = await run_in_threadpool(self._list, asked, before)
        return self._page(
            "mails.html",
            request,
            partner=asked["partner"],
            kind=asked["kind"],
            state=asked["state"],
            rows=rows,
            more=rows[-1].outbox_id if len(rows) == PAGE_SIZE else None,
            before=before,
            states=list(MailState),
            deliveries=list(Delivery),
        )

    async def message(self, request: Request) -> Response:
        row = await self._row(request)
        file = await run_in_threadpool(self._file, row)
        return self._page(
            "mail.html",
            request,
            row=row,
            headers=_headers(file),
            foreign=_foreign(row.html),
            choices=CHOICES if self._can_happen(row) else {},
            token=self._token,
        )

    async def html(self, request: Request) -> Response:
        row = await self._row(request)
        return HTMLResponse(row.html, headers=MESSAGE_HEADERS)

    async def eml(self, request: Request) -> Response:
        row = await self._row(request)
        name = f'attachment; filename="message-{row.outbox_id}.eml"'
        file = await run_in_threadpool(self._file, row)
        headers = COMMON_HEADERS | {"Content-Disposition": name}
        return Response(file.content, media_type="message/rfc822", headers=headers)

    async def simulate(self, request: Request) -> Response:
        """Let something become of a message. Only from our own page, on this machine."""
        if self._simulator is None:
            raise HTTPException(404)
        form = await small(request, FORM_BYTES).form(max_files=0, max_fields=10)
        token, site = str(form.get("token", "")), request.headers.get("sec-fetch-site", "")
        ours = secrets.compare_digest(token.encode(), self._token.encode())
        if not ours or site not in ("", "same-origin"):
            raise HTTPException(403)
        row, name = await self._row(request), str(form.get("event", ""))
        if name not in CHOICES or not self._can_happen(row):
            raise HTTPException(400)
        if not await self._simulator.happen(row, name):
            raise HTTPException(409, "the provider does not know this message")
        root = request.scope.get("root_path", "")
        return RedirectResponse(f"{root}/{row.outbox_id}#history", status_code=303)

    async def absent(self, request: Request, _error: Exception) -> Response:
        return self._page("absent.html", request, status=404)

    def _can_happen(self, row: WholeMessage) -> bool:
        """Of a message that nobody took nothing can become."""
        return self._simulator is not None and row.state == MailState.ACCEPTED and bool(row.to)

    def _page(self, template: str, request: Request, status: int = 200, **values: Any) -> Response:
        labels = {kind.value: kind.label for kind in NoticeKind}
        return self._pages.show(
            template, request, status, kinds=list(NoticeKind), labels=labels, **values
        )

    def _list(self, asked: Mapping[str, str], before: int | None) -> list[Message]:
        return messages.page(self._by, size=PAGE_SIZE, before=before, **asked)

    def _file(self, row: WholeMessage) -> MessageFile:
        return messages.as_file(self._by, str(row.outbox_id), self._links)

    async def _row(self, request: Request) -> WholeMessage:
        """The message of the path. Raises HTTPException 404 for a number that is none."""
        number = str(request.path_params["number"])
        try:
            return await run_in_threadpool(messages.whole, self._by, number)
        except UnknownMessage as error:
            raise HTTPException(404) from error


def _headers(file: MessageFile) -> list[tuple[str, str]]:
    """The message's headers as they would be sent."""
    parsed = message_from_bytes(file.content, policy=policy.default)
    return [(name, str(value)) for name, value in parsed.items()]


def _foreign(html: str) -> str:
    """The language of a message that staff may not read; blank for English."""
    found = re.search(r'<html lang="([a-z]{2})[-"]', html)
    language = found[1] if found else ""
    return language if language in catalogues.languages()[1:] else ""


def _number(text: str) -> int | None:
    digits = text.isascii() and text.isdigit() and len(text) <= mailbox.NUMBER_DIGITS
    return int(text) if digits else None
