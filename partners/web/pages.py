"""What all pages share: templates, headers that allow nothing they do not need, small bodies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message, Receive

from partners.mail.words import catalogues

COMMON_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
PAGE_HEADERS = COMMON_HEADERS | {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
FORM_BYTES = 64_000


class Pages:
    """Renders templates of `<templates>/web`; everything in them is escaped."""

    def __init__(self, templates: Path) -> None:
        self._templates = {name: _environment(templates, name) for name in catalogues.languages()}

    def show(
        self,
        template: str,
        request: Request,
        status: int = 200,
        language: str = catalogues.SOURCE_LANGUAGE,
        **values: Any,
    ) -> Response:
        """A page in a language that has texts; `root` is where the application is mounted."""
        root = request.scope.get("root_path", "")
        page = self._templates[language].get_template(template)
        html = page.render(root=root, language=language, **values)
        return HTMLResponse(html, status_code=status, headers=PAGE_HEADERS)


def _environment(templates: Path, language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates / "web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=catalogues.EXTENSIONS,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogues.install(environment, language)
    return environment


def small(request: Request, most: int) -> Request:
    """The same request, whose body may have so many bytes.

    Raises HTTPException 413 at once if it says that it has more, or as soon as more have come.
    """
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and (len(said) > 12 or int(said) > most):
        raise HTTPException(413)
    return Request(request.scope, _counted(request.receive, most))


def _counted(receive: Receive, most: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413)
        return message

    return counted
