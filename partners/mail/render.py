"""Puts a notice into words: subject, plain text and HTML. Composing never sends."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from partners.mail import locales
from partners.mail.context import context, locale_of
from partners.mail.notice import Notice, Rendered
from partners.mail.plain import wrap


class Renderer:
    """Renders notices from `<templates>/email/<kind>/`. Safe to share between threads."""

    def __init__(self, templates: Path) -> None:
        self._plain = _environment(templates / "email", autoescape=False)
        self._html = _environment(templates / "email", autoescape=True)
        self._inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)

    def render(self, notice: Notice) -> Rendered:
        """The notice as an e-mail.

        Raises jinja2.UndefinedError if a template names what the notice does not have, and
        ValueError if a subject is empty or would break its header.
        """
        values = context(notice) | _filters(notice)
        folder = notice.kind.value
        subject = self._plain.get_template(f"{folder}/subject.txt").render(values).strip()
        if not subject or any(unicodedata.category(c) == "Cc" for c in subject):
            raise ValueError(f"{folder}/subject.txt: a subject is one line of text: {subject!r}")
        text = self._plain.get_template(f"{folder}/body.txt").render(values)
        html = self._html.get_template(f"{folder}/body.html").render(values, subject=subject)
        # After rendering: an inliner would hoist a template's loop out of its table.
        return Rendered(subject, wrap(text), self._inliner.inline(html))


def _environment(folder: Path, autoescape: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _filters(notice: Notice) -> dict[str, object]:
    """Functions for templates: `percent(guard.max_share)`, in the notice's language."""
    locale = locale_of(notice)
    currency = notice.policy.program.currency
    return {
        "day": lambda value: locales.day(value, locale),
        "number": lambda value: locales.number(value, locale),
        "percent": lambda value: locales.percent(value, locale),
        "money": lambda value: locales.money(value, currency, locale),
    }
