"""The words of e-mails and of partners' pages, in the languages that have a catalogue (gettext).

A catalogue is `locale/<language>/LC_MESSAGES/mail.po`; it is compiled in memory when a language is
first used, so that no compiled file can lag behind. English is the language of the templates
themselves and needs none. docs/mail-templates.md says how to add a language.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

from partners.mail.words import locales

SOURCE_LANGUAGE = "en"
EXTENSIONS = ["jinja2.ext.i18n"]
"""Of an environment whose templates speak a catalogue's language."""
FOLDER = Path(__file__).parents[1] / "locale"
_FILE = Path("LC_MESSAGES") / "mail.po"

Pair = tuple[str, str]
"""A phrase for one and for many, both with `%(n)s`."""


def N_(words: str) -> str:
    """Marks words for the catalogues; they are translated where they are used."""
    return words


def pair(one: str, many: str) -> Pair:
    """Marks a phrase in singular and plural for the catalogues."""
    return one, many


@cache
def languages() -> tuple[str, ...]:
    """The languages that have texts, English first: `("en", "de", "es")`."""
    found = sorted(path.parent.parent.name for path in FOLDER.glob(f"*/{_FILE}"))
    return (SOURCE_LANGUAGE, *found)


def read(language: str) -> Catalog:
    """The catalogue of a language, as translators see it."""
    with (FOLDER / language / _FILE).open("rb") as file:
        return read_po(file, locale=language)


@cache
def translations(language: str) -> NullTranslations:
    """A language's words, ready for use; those of English are the templates' own.

    Fuzzy entries are left out: their sentence then is English, and a test says so.
    """
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def install(environment: Environment, language: str) -> None:
    """Have an environment's templates (extension `jinja2.ext.i18n`) speak a language."""
    environment.policies["ext.i18n.trimmed"] = True  # a sentence may span lines
    words = translations(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # of the extension
        words.gettext, words.ngettext, newstyle=True
    )


def spoken(*wanted: str | None) -> Locale:
    """The first of these languages (`de`, `de-AT`) that has texts, else English."""
    for language in wanted:
        if language and language.strip()[:2].lower() in languages():
            locale = locales.locale_for(language)
            if locale.language in languages():
                return locale
    return Locale(SOURCE_LANGUAGE)


def say(words: str, locale: Locale) -> str:
    """Words that were marked with `N_`, in the reader's language."""
    return translations(_language(locale)).gettext(words)


def count(phrase: Pair, number: Decimal | int, written: str, locale: Locale, **others: str) -> str:
    """A phrase for a number: `count(("%(n)s day", "%(n)s days"), 3, "3", …)` is `3 days`.

    A fraction takes the plural of 2, which is right in English, German and Spanish, and in the
    languages that have a form of its own for a few.
    """
    whole = int(number) if number == int(number) else 2
    return translations(_language(locale)).ngettext(*phrase, whole) % {"n": written, **others}


def _language(locale: Locale) -> str:
    return locale.language if locale.language in languages() else SOURCE_LANGUAGE
