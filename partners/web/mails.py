"""The mail viewer: what stands in the outbox, read in the browser.

    /              the list, newest first; ?partner=, ?kind=, ?before= (a number, for older ones)
    /<id>          one message: its text, its HTML in a sandboxed frame, its headers
    /<id>/html     the HTML alone, under a policy that allows nothing but its own styles
    /<id>/eml      the message as a file

It shows addresses and names, so it is for 127.0.0.1 only; that is the caller's concern.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from partners.domain.notices import NoticeKind
from partners.mail import eml
from partners.mail.plain import one_line
from partners.settings import load_settings
from partners.store import mailbox
from partners.store.database import Database
from partners.store.tables import OutboxRow

PAGE_SIZE = 100
_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
PAGE_HEADERS = _COMMON | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
MESSAGE_HEADERS = _COMMON | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    ),
}


def mail_app(database: Database, templates: Path | None = None) -> Starlette:
    """The viewer of one database, to be served or mounted; `templates` as in the settings."""
    viewer = _Viewer(database, templates or load_settings().templates)
    return Starlette(
        routes=[
            Route("/", viewer.index, name="mails"),
            Route("/{number:int}", viewer.message, name="mail"),
            Route("/{number:int}/html", viewer.html, name="mail_html"),
            Route("/{number:int}/eml", viewer.eml, name="mail_eml"),
        ],
        exception_handlers={404: viewer.absent},
    )


class _Viewer:
    """The pages. Queries run on threads, beside whatever else the server does."""

    def __init__(self, database: Database, templates: Path) -> None:
        self._database = database
        self._pages = Environment(
            loader=FileSystemLoader(templates / "web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def index(self, request: Request) -> Response:
        # PostgreSQL refuses a NUL even in a question.
        partner = one_line(request.query_params.get("partner", ""))
        kind = one_line(request.query_params.get("kind", ""))
        before = _number(request.query_params.get("before", ""))
        rows = await run_in_threadpool(self._list, partner, kind, before)
        more = rows[-1].outbox_id if len(rows) == PAGE_SIZE else None
        return self._page(
            "mails.html", request, rows=rows, partner=partner, kind=kind, more=more, before=before
        )

    async def message(self, request: Request) -> Response:
        row = await self._row(request)
        return self._page("mail.html", request, row=row)

    async def html(self, request: Request) -> Response:
        row = await self._row(request)
        return HTMLResponse(row.html, headers=MESSAGE_HEADERS)

    async def eml(self, request: Request) -> Response:
        row = await self._row(request)
        name = f'attachment; filename="message-{row.outbox_id}.eml"'
        headers = _COMMON | {"Content-Disposition": name}
        return Response(eml.to_bytes(row), media_type="message/rfc822", headers=headers)

    async def absent(self, request: Request, _error: Exception) -> Response:
        return self._page("absent.html", request, status=404)

    def _page(self, template: str, request: Request, status: int = 200, **values: Any) -> Response:
        root = request.scope.get("root_path", "")
        page = self._pages.get_template(template).render(
            root=root,
            kinds=list(NoticeKind),
            labels={k.value: k.label for k in NoticeKind},
            **values,
        )
        return HTMLResponse(page, status_code=status, headers=PAGE_HEADERS)

    def _list(self, partner: str, kind: str, before: int | None) -> list[OutboxRow]:
        with self._database.read() as session:
            return list(
                mailbox.messages(
                    session, partner=partner, kind=kind, before=before, limit=PAGE_SIZE
                )
            )

    async def _row(self, request: Request) -> OutboxRow:
        """The message of the path. Raises HTTPException 404 for a number that is none."""
        number = str(request.path_params["number"])
        row = await run_in_threadpool(self._find, number)
        if row is None:
            raise HTTPException(404)
        return row

    def _find(self, number: str) -> OutboxRow | None:
        with self._database.read() as session:
            return mailbox.find(session, number)


def _number(text: str) -> int | None:
    digits = text.isascii() and text.isdigit() and len(text) <= mailbox.NUMBER_DIGITS
    return int(text) if digits else None
