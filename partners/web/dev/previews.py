"""The desk's previews: an invented message of any kind, with the English version beside it."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from partners.domain.mail.notices import NoticeKind, Rendered
from partners.errors import SetupError
from partners.mail.render import Renderer
from partners.mail.samples.inventing import NoTexts, invented
from partners.mail.words import catalogues
from partners.mail.words.plain import one_line
from partners.use_cases.acting import Viewer
from partners.use_cases.policy import versions
from partners.web.pages import COMMON_HEADERS, Pages

MESSAGE_HEADERS = COMMON_HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src https:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox"
    ),
}
"""Of a message's HTML: it runs nothing, and loads nothing but the policy's logo."""

KIND, LANGUAGE = NoticeKind.WARNING, "en"


class Previews:
    """The pages: `/previews?kind=warning&language=de`, and each message alone for its frame."""

    def __init__(self, by: Viewer, pages: Pages, templates: Path) -> None:
        self._by, self._pages = by, pages
        self._renderer = Renderer(templates)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/previews", self.page, name="previews"),
            Route("/previews/html", self.html, name="preview_html"),
        ]

    async def page(self, request: Request) -> Response:
        kind, language = _asked(request)
        shown = await run_in_threadpool(self._render, kind, language)
        foreign = language[:2] != catalogues.SOURCE_LANGUAGE and not kind.to_staff
        english = await run_in_threadpool(self._render, kind, "en") if foreign else None
        return self._pages.show(
            "previews.html",
            request,
            kind=kind,
            chosen=language,
            kinds=list(NoticeKind),
            languages=catalogues.languages(),
            shown=shown,
            english=english,
        )

    async def html(self, request: Request) -> Response:
        message = await run_in_threadpool(self._render, *_asked(request))
        return HTMLResponse(message.html, headers=MESSAGE_HEADERS)

    def _render(self, kind: NoticeKind, language: str) -> Rendered:
        """Raises HTTPException 404 where there is no policy, or no such language."""
        try:
            policy = versions.in_force(self._by).policy
            return self._renderer.render(invented(kind, policy, language))
        except (SetupError, NoTexts) as error:
            raise HTTPException(404) from error


def _asked(request: Request) -> tuple[NoticeKind, str]:
    """The kind and the language that are asked for; an unknown kind is not found."""
    kind = one_line(request.query_params.get("kind", KIND))
    if kind not in list(NoticeKind):
        raise HTTPException(404)
    return NoticeKind(kind), one_line(request.query_params.get("language", LANGUAGE))[:5]
