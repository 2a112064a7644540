"""`partners mail preview`: each notice as phone and desktop show it, light and dark."""

from __future__ import annotations

import re
import tempfile
import webbrowser
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Annotated

import typer

from partners.cli import common
from partners.cli.common import check_kind
from partners.domain.mail.notices import NoticeKind, Rendered
from partners.domain.policy.policy import Policy
from partners.errors import SetupError, UserError
from partners.loading import on_use
from partners.mail.notice import Notice
from partners.mail.render import Renderer
from partners.mail.samples import inventing
from partners.mail.words import catalogues
from partners.policy_file import default_policy_path, read_policy
from partners.settings import load_settings

with on_use():
    from partners.use_cases.policy import versions

Language = Annotated[
    str | None, typer.Option(help="Such as de, or de-AT; default: the policy's language.")
]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="By this file, not the policy in force.")
]
WIDTHS = {"phone": 360, "desktop": 760}
SCHEMES = ("light", "dark")
_DARK = "@media (prefers-color-scheme: dark)"
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>E-mails</title>
<style>
body {{ margin: 24px; font: 15px/1.5 system-ui, sans-serif; background: #d6dbe1; color: #1f2933; }}
nav a {{ margin-right: 14px; }}
section {{ margin: 40px 0; }}
.views {{ display: flex; gap: 16px; overflow-x: auto; align-items: flex-start; }}
figure {{ margin: 0; }}
iframe {{ height: 900px; border: 0; border-radius: 8px; background: #fff; }}
</style>
<h1>E-mails</h1>
<nav>{links}</nav>
{sections}
</html>
"""


def preview(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="One kind only; default: all.")
    ] = None,
    language: Language = None,
    policy: PolicyFile = None,
    text: Annotated[bool, typer.Option("--text", help="Print subject and plain text.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write there, open nothing.")
    ] = None,
) -> None:
    """Show invented notices in the browser, as phone and desktop show them, light and dark.

    Prints the path of the page. Without --language all kinds come in every language.
    """
    check_kind(kind)
    kinds = [NoticeKind(kind)] if kind else list(NoticeKind)
    known = preview_policy(policy)
    languages = [language] if language else [known.program.language]
    if not (kind or language or text):
        languages = list(catalogues.languages())
    renderer = Renderer(load_settings().templates)
    notices = list(inventing.every(kinds, known, languages))
    if text:
        for notice in notices:
            message = renderer.render(notice)
            common.out.write(f"Subject: {message.subject}\n\n{message.text}", end="")
        return
    page = _write(out or Path(tempfile.mkdtemp(prefix="partners-mail-")), renderer, notices)
    common.out.write(page)
    if out is None:
        webbrowser.open(page.as_uri())


def preview_policy(path: Path | None) -> Policy:
    """The named file, else the policy in force, else the sample `program.toml`."""
    if path is not None:
        return read_policy(path)[0]
    try:
        with common.asking() as by:
            return versions.in_force(by).policy
    except SetupError:
        sample_file = default_policy_path()
        common.warn(f"no policy is in force; previewing with {sample_file}")
        return read_policy(sample_file)[0]


def _write(folder: Path, renderer: Renderer, notices: Iterable[Notice]) -> Path:
    """A file for each message as it is sent, two that hold one scheme each, and the index."""
    sections, links = [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for notice in notices:
            name = f"{notice.kind}.{notice.language}"
            message = renderer.render(notice)
            (folder / f"{name}.html").write_text(message.html, encoding="utf-8")
            (folder / f"{name}.txt").write_text(message.text, encoding="utf-8")
            for scheme in SCHEMES:
                page = in_scheme(message.html, scheme)
                (folder / f"{name}.{scheme}.html").write_text(page, encoding="utf-8")
            links.append(f'<a href="#{name}">{escape(name)}</a>')
            sections.append(_section(name, message))
        index = folder / "index.html"
        page = _PAGE.format(links=" ".join(links), sections="\n".join(sections))
        index.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {error.strerror}") from error
    return index.resolve()


def in_scheme(html: str, scheme: str) -> str:
    """The message as it looks in one scheme, whatever the browser's own is."""
    wanted = "@media all" if scheme == "dark" else "@media not all"
    fixed = html.replace(_DARK, wanted)
    return re.sub(r"color-scheme: light dark", f"color-scheme: {scheme}", fixed)


def _section(name: str, message: Rendered) -> str:
    views = "\n".join(
        f"<figure><figcaption>{device}, {scheme}</figcaption>"
        f'<iframe sandbox loading="lazy" width="{width}" title="{name}, {device}, {scheme}"'
        f' src="{name}.{scheme}.html"></iframe></figure>'
        for device, width in WIDTHS.items()
        for scheme in SCHEMES
    )
    return (
        f'<section id="{name}">\n<h2>{escape(message.subject)}</h2>\n'
        f'<p>{name}: <a href="{name}.html">as sent</a>, <a href="{name}.txt">plain text</a></p>\n'
        f'<div class="views">{views}</div>\n</section>'
    )
