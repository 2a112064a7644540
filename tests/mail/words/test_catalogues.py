"""Every language is complete: nothing untranslated, fuzzy, out of date or missing a value."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from partners.domain.policy.entering import READY_QUALITIES
from partners.domain.policy.metrics import BUILT_IN
from partners.mail.words import catalogues, locales

ROOT = Path(__file__).parents[3]
TRANSLATED = [language for language in catalogues.languages() if language != "en"]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What templates and code say now, as `make messages` extracts it."""
    target = tmp_path_factory.mktemp("messages") / "mail.pot"
    command = [
        *(sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml"),
        *("-k", "pair:1,2", "-o", str(target)),
        *("partners/mail", "partners/web", "templates/email", "templates/web"),
    ]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    with target.open("rb") as file:
        return read_po(file)


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def strings(message: Message) -> list[str]:
    """A message's translations: one, or one for each plural form."""
    found = message.string
    return list(found) if isinstance(found, (tuple, list)) else [found or ""]


def ids(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, (tuple, list)) else [message.id]


def placeholders(words: str) -> set[str]:
    return set(PLACEHOLDER.findall(words))


def test_there_are_german_and_spanish() -> None:
    assert catalogues.languages() == ("en", "de", "es")


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_says_what_the_templates_say_now(source: Catalog, language: str) -> None:
    def keys(catalogue: Catalog) -> Counter[str]:
        return Counter("\n".join(ids(message)) for message in messages(catalogue))

    assert keys(catalogues.read(language)) == keys(source), "run: make messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_complete_and_certain(language: str) -> None:
    catalogue = catalogues.read(language)
    assert not catalogue.obsolete
    for message in messages(catalogue):
        forms = strings(message)
        assert len(forms) == (catalogue.num_plurals if message.pluralizable else 1), message.id
        assert all(form.strip() for form in forms), f"untranslated: {message.id!r}"
        assert not message.fuzzy, f"fuzzy: {message.id!r}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_names_every_value_of_its_sentence(language: str) -> None:
    for message in messages(catalogues.read(language)):
        one, many = placeholders(ids(message)[0]), placeholders(ids(message)[-1])
        for number, form in enumerate(strings(message)):
            assert placeholders(form) == (many if number else one), form
            assert "%" not in PLACEHOLDER.sub("", form).replace("%%", ""), form
            assert not re.search(r"[<>{}]|\s{2}|^\s|\s$", form), f"markup or stray space: {form!r}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_is_left_in_english(language: str) -> None:
    """Words may be alike in two languages ("Standard"), sentences are not."""
    for message in messages(catalogues.read(language)):
        for one, form in zip(ids(message), strings(message), strict=False):
            words = PLACEHOLDER.sub("", one).split()
            assert form != one or len(words) < 2, form


@pytest.mark.parametrize(
    ("language", "familiar"),
    [
        ("de", r"\b(du|dich|dir|dein\w*|euch|euer\w*)\b"),
        ("es", r"\b(tú|ti|tu|tus|te|contigo|tienes|puedes|vosotros|vuestr\w*)\b"),
    ],
)
def test_the_reader_is_addressed_formally(language: str, familiar: str) -> None:
    for message in messages(catalogues.read(language)):
        for form in strings(message):
            assert not re.search(familiar, form, re.IGNORECASE), form


def test_every_label_of_the_domain_is_marked_for_translation(source: Catalog) -> None:
    labels = {m.label for m in BUILT_IN.values()} | {q.label for q in READY_QUALITIES.values()}
    assert {label for label in labels if label not in source} == set()


def test_no_template_uses_format_braces_in_a_sentence(source: Catalog) -> None:
    for message in messages(source):
        for words in ids(message):
            assert not [name for _, name, _, _ in Formatter().parse(words) if name is not None]


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 1, "1 more order a month"),
        ("en", 4, "4 more orders a month"),
        ("de", 1, "1 Bestellung mehr im Monat"),
        ("de", 4, "4 Bestellungen mehr im Monat"),
        ("es", 1, "1 pedido más al mes"),
        ("es", 4, "4 pedidos más al mes"),
        ("fr", 4, "4 more orders a month"),  # no catalogue: English
    ],
)
def test_a_number_takes_the_plural_of_its_language(language: str, number: int, words: str) -> None:
    phrase = ("%(n)s more order a month", "%(n)s more orders a month")
    locale = locales.locale_for(language)
    assert catalogues.count(phrase, number, str(number), locale) == words
