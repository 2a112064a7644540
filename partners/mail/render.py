"""Puts a notice into words: subject, plain text and HTML. Composing never sends."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import cache
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from partners.mail.context import context, locale_of
from partners.mail.notice import Notice, Rendered
from partners.mail.words import catalogues, locales
from partners.mail.words.plain import wrap


class Renderer:
    """Renders notices from `<templates>/email/<kind>/`. Safe to share between threads."""

    def __init__(self, templates: Path) -> None:
        folder = templates / "email"
        self._plain = {name: _environment(folder, name, False) for name in catalogues.languages()}
        self._html = {name: _environment(folder, name, True) for name in catalogues.languages()}
        self._inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def render(self, notice: Notice) -> Rendered:
        """The notice as an e-mail in the partner's language.

        Raises jinja2.UndefinedError if a template names what the notice does not have, and
        ValueError if a subject is empty or would break its header.
        """
        values = context(notice) | _functions(notice)
        folder, language = notice.kind.value, locale_of(notice).language
        plain, html = self._plain[language], self._html[language]
        subject = plain.get_template(f"{folder}/subject.txt").render(values).strip()
        if not subject or any(unicodedata.category(c) == "Cc" for c in subject):
            raise ValueError(f"{folder}/subject.txt: a subject is one line of text: {subject!r}")
        text = plain.get_template(f"{folder}/body.txt").render(values)
        page = html.get_template(f"{folder}/body.html").render(values, subject=subject)
        # After rendering: an inliner would hoist a template's loop out of its table.
        return Rendered(subject, wrap(text), self._inliner.inline(page))

    def in_english(self, notice: Notice) -> Rendered | None:
        """What it says, for staff who read English; None of a notice that is English itself."""
        if locale_of(notice).language == catalogues.SOURCE_LANGUAGE:
            return None
        return self.render(replace(notice, language=catalogues.SOURCE_LANGUAGE))


@cache
def _environment(folder: Path, language: str, autoescape: bool) -> Environment:
    """An environment per language: a template's sentences are looked up in its catalogue.

    Kept for the process, for templates are compiled once in each.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=autoescape,
        undefined=StrictUndefined,
        extensions=catalogues.EXTENSIONS,
        trim_blocks=not autoescape,  # in HTML a line's end is a space between sentences
        lstrip_blocks=True,
    )
    catalogues.install(environment, language)
    return environment


def _functions(notice: Notice) -> dict[str, object]:
    """Functions for templates: `percent(guard.max_share)`, in the notice's language."""
    locale = locale_of(notice)
    currency = notice.policy.program.currency
    return {
        "day": lambda value: locales.day(value, locale),
        "short_day": lambda value: locales.short_day(value, locale),
        "number": lambda value: locales.number(value, locale),
        "percent": lambda value: locales.percent(value, locale),
        "money": lambda value: locales.money(value, currency, locale),
    }
