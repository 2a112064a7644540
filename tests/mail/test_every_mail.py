"""What holds for every kind of notice, however it branches, in every language."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import html5lib
import pytest
from jinja2 import Environment

from partners.domain.mail.notices import NoticeKind, Rendered
from partners.domain.policy.policy import Policy
from partners.mail import eml, render
from partners.mail.notice import Notice
from partners.mail.offer_notice import OfferLine, OffersChange
from partners.mail.render import Renderer
from partners.mail.samples.samples import sample
from partners.mail.words import catalogues
from partners.mail.words.catalogues import EXTENSIONS
from partners.store.tables.mail_tables import OutboxRow

sys.path.insert(0, str(Path(__file__).parent))  # tests are no packages
from mail_reading import contrast, read
from mail_variants import HOSTILE, OFFERS, OPTIONAL, TO_PARTNERS, variants

LANGUAGES = list(catalogues.languages())
TEMPLATES = Path(__file__).parents[2] / "templates"
ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
MOST_BYTES = 102 * 1024
"""Gmail cuts a longer message off."""

Mail = tuple[Notice, Rendered]


class Inliner:
    """Renders as ever, and keeps each page as the templates wrote it: an inliner mends it."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.read: list[str] = []

    def inline(self, html: str) -> str:
        self.read.append(html)
        return str(self._real.inline(html))


@pytest.fixture(scope="module")
def inliner(renderer: Renderer) -> Inliner:
    return Inliner(renderer._inliner)


@pytest.fixture(scope="module")
def mails(policy: Policy, inliner: Inliner) -> list[Mail]:
    """Every variant that reads differently; some change nothing in some kinds."""
    renderer = Renderer(TEMPLATES)
    renderer._inliner = inliner  # type: ignore[assignment]
    different: dict[Rendered, Notice] = {}
    for notice in variants(policy):
        different.setdefault(renderer.render(notice), notice)
    return [(notice, message) for message, notice in different.items()]


@pytest.fixture(scope="module")
def usual_tags(policy: Policy, renderer: Renderer) -> Callable[[NoticeKind, str], list[str]]:
    """The tags of a kind's sample in a language, rendered once."""

    @cache
    def tags(kind: NoticeKind, language: str) -> list[str]:
        usual = replace(sample(kind, policy), language=language)
        return [tag for tag, _ in read(renderer.render(usual).html).tags]

    return tags


def figures(text: str) -> set[str]:
    """The numbers of a text, without those of a list and those in addresses."""
    plain = re.sub(r"(?m)^\s*\d+\. ", " ", ADDRESS.sub(" ", text))
    return set(re.findall(r"\d+(?:[.,:]\d+)*", plain))


def preheader(html: str) -> str:
    found = re.search(r'<div class="preheader"[^>]*>(.*?)</div>', html, re.DOTALL)
    assert found
    return found[1]


def test_every_kind_comes_in_every_language(mails: list[Mail]) -> None:
    seen = {(notice.kind, notice.language) for notice, _ in mails}
    assert seen >= {(kind, language) for kind in TO_PARTNERS for language in LANGUAGES}
    assert {notice.kind for notice, _ in mails} == set(NoticeKind)


def test_no_template_s_language_shows_in_a_mail(mails: list[Mail]) -> None:
    for _, message in mails:
        assert message.subject == " ".join(message.subject.split(" "))
        for part in (message.subject, message.text, read(message.html).text):
            assert not re.search(r"\bNone\b|\{\{|\{%|%\(|Undefined|<bdi|&amp;|&lt;", part), part


def test_sentences_are_set_apart(mails: list[Mail]) -> None:
    """In plain text a tag at a line's end swallows the line's end."""
    for _, message in mails:
        for part in (message.text, *(words for words, _, _ in read(message.html).pieces)):
            glued = re.search(r"[^\W\d_]{2}(?:[!?;:,][^\W\d_]|\.[A-ZÄÖÜ])", ADDRESS.sub(" ", part))
            assert not glued, (glued, part)
            assert not re.search(r"\S {2,}\S| [.,;]", part), part
        assert "\n\n\n" not in message.text


def test_text_and_html_agree_on_every_number_and_date(mails: list[Mail]) -> None:
    for _, message in mails:
        text = figures(f"{message.subject}\n{message.text}")
        assert text == figures(read(message.html).text)
        assert figures(preheader(message.html)) <= text


def test_the_preheader_adds_to_the_subject(mails: list[Mail]) -> None:
    for _, message in mails:
        assert len(preheader(message.html)) >= 15
        assert preheader(message.html) not in message.subject


def test_text_is_at_most_76_columns_wide(policy: Policy, mails: list[Mail]) -> None:
    for _, message in mails:
        lines = [line for line in message.text.splitlines() if "https://" not in line]
        assert [line for line in lines if len(line) > 76] == []


def test_a_mail_is_short_enough_to_be_shown_whole(mails: list[Mail]) -> None:
    for notice, message in mails:
        assert len(message.html.encode()) < MOST_BYTES, notice.kind
        assert len(message.subject) <= 110, message.subject


def test_links_are_absolute_https_or_mailto(mails: list[Mail]) -> None:
    for _, message in mails:
        links = read(message.html).links
        assert all(re.match(r"https://[\w.-]+/|mailto:[^\s?]+@", link) for link in links), links


@pytest.mark.usefixtures("mails")
def test_html_is_what_the_standard_parser_accepts(inliner: Inliner) -> None:
    """Strictly: it raises for a tag that is not closed, misplaced, repeated or unknown there."""
    shapes = {tuple(re.findall(r"</?\w+", page)): page for page in inliner.read}
    for page in shapes.values():
        html5lib.HTMLParser(strict=True).parse(page)


def test_html_is_accessible_and_needs_no_images(mails: list[Mail]) -> None:
    for notice, message in mails:
        tags = read(message.html).tags
        root = dict(tags)["html"]
        assert root["lang"]
        assert root["dir"] == "ltr"
        spoken = (root["lang"] or "")[:2]
        wanted = notice.language[:2] if notice.language[:2] in LANGUAGES else "en"
        assert spoken == ("en" if notice.kind.to_staff else wanted)
        names = Counter(tag for tag, _ in tags)
        heads = {str(a["scope"]) for tag, a in tags if tag == "th"}
        assert not names["caption"] or heads & {"col", "row"}  # above columns, or before figures
        assert (names["img"], names["script"], names["h1"], names["title"]) == (0, 0, 1, 1)
        ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        for tag, attributes in tags:
            if tag == "th":
                assert attributes["scope"] in ("col", "row", "rowgroup")
            if tag == "table":  # one of data has its caption, one of layout says that it is none
                is_data = "data" in (attributes.get("class") or "").split()
                assert (attributes.get("role") == "presentation") != is_data
        assert names["caption"] == sum(
            "data" in str(a.get("class")) for t, a in tags if t == "table"
        )
        assert 'name="color-scheme"' in message.html
        assert "prefers-color-scheme: dark" in message.html  # kept by the inliner


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_enough_contrast(mails: list[Mail], dark: bool) -> None:
    for _, message in mails:
        for words, colour, background in set(read(message.html, dark).pieces):
            assert contrast(colour, background) >= 4.5, (words, colour, background)


@pytest.mark.parametrize("kind", TO_PARTNERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_service_mail_says_why_it_was_sent_and_whom_to_ask(
    policy: Policy, renderer: Renderer, kind: NoticeKind, language: str
) -> None:
    why = {
        "en": "You receive this message because Blue Harbour Trading",
        "de": "Sie erhalten diese Nachricht, weil Blue Harbour Trading",
        "es": "Recibe este mensaje porque Blue Harbour Trading",
    }[language]
    notice = replace(sample(kind, policy), language=language)
    message = renderer.render(notice)
    for part in (message.text, read(message.html).text):
        assert why in " ".join(part.split())
        assert "partners@northwind.example" in part
        assert "blue-harbour" in part
    assert not any("stop" in link for link in read(message.html).links)


@pytest.mark.parametrize("language", LANGUAGES)
def test_optional_mail_can_be_stopped_and_says_who_writes(
    policy: Policy, renderer: Renderer, language: str
) -> None:
    notice = replace(sample(NoticeKind.PROMOTED, policy), footer=OPTIONAL, language=language)
    message = renderer.render(notice)
    assert {OPTIONAL.preferences_url, OPTIONAL.unsubscribe_url} <= set(read(message.html).links)
    for part in (message.text, read(message.html).text):
        assert "1 Harbour Street, 20457 Hamburg" in " ".join(part.split())
    assert OPTIONAL.unsubscribe_url in message.text
    assert OPTIONAL.preferences_url in message.text


def header(message: Rendered, to: str = "blue@harbour.example") -> Any:
    """The message as a mail program reads it."""
    row = OutboxRow(
        outbox_id=1,
        to=[to],
        sender="partners@northwind.example",
        subject=message.subject,
        text=message.text,
        html=message.html,
        rendered_at=datetime(2026, 11, 16, 9, tzinfo=UTC),
    )
    mail = message_from_bytes(eml.to_bytes(row), policy=SMTP)
    assert not mail.defects
    return mail


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_a_hostile_name_stays_harmless(
    policy: Policy,
    renderer: Renderer,
    usual_tags: Callable[[NoticeKind, str], list[str]],
    kind: NoticeKind,
    name: str,
) -> None:
    turn = list(NoticeKind).index(kind) + HOSTILE.index(name)
    language = LANGUAGES[turn % len(LANGUAGES)]  # over the kinds, each name is in each
    usual = replace(sample(kind, policy), language=language)
    hostile = replace(usual, partner_name=name, hold_detail=f"550 {name}", review_id=name)
    if usual.offers_change is not None:
        hostile = replace(hostile, offers_change=renamed(usual.offers_change, name))
    if usual.price is not None:
        hostile = replace(hostile, price=replace(usual.price, offer=name))
    message = renderer.render(hostile)
    assert [tag for tag, _ in read(message.html).tags] == usual_tags(kind, language)
    assert len(message.subject) < (400 if kind is NoticeKind.GUARD else 180)
    for part in (message.subject, message.text, message.html):
        controls = {c for c in set(part) if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")}
        assert controls <= {"\n", "\N{ZERO WIDTH JOINER}"}
        assert "49" not in figures(part) or "49" in figures(name)
    assert not re.search(r"(?m)^Bcc:", message.text)
    mail = header(message)
    assert mail["Bcc"] is None
    assert " ".join(mail["Subject"].split()) == " ".join(message.subject.split())  # folded
    assert set(mail.keys()) == {
        *("Message-ID", "Date", "From", "To", "Subject", "MIME-Version", "Content-Type")
    }


class Pseudo(NullTranslations):
    """Puts every sentence into one letter, so that what bypasses the catalogues stands out."""

    def gettext(self, message: str) -> str:
        parts = re.split(r"(%\(\w+\)s|%%)", message)
        return "".join(
            part if part[:1] == "%" else re.sub(r"[A-Za-z]", "ж", part) for part in parts
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def test_nothing_that_a_partner_reads_bypasses_the_catalogues(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a language of its own script, no Latin letters are left but those of addresses."""
    monkeypatch.setattr(catalogues, "languages", lambda: ("en", "ru"))
    monkeypatch.setattr(catalogues, "translations", lambda language: Pseudo())
    foreign = Policy.model_validate(in_cyrillic(policy.model_dump(mode="json")))
    monkeypatch.setattr(render, "_environment", render._environment.__wrapped__)  # none is kept
    pseudo = Renderer(TEMPLATES)
    for notice in variants(foreign):
        if notice.kind.to_staff or notice.language == "ru":  # it is its English twin's below
            continue
        notice = replace(notice, language="ru", partner_name="Гавань", partner_id="7")
        if notice.footer.postal_address:
            notice = replace(notice, footer=replace(notice.footer, postal_address="Гамбург"))
        if notice.lead is not None and notice.lead.service:  # the program's own word
            notice = replace(notice, lead=replace(notice.lead, service="Уборка"))
        if (exclusive := notice.exclusive) is not None:
            area, offers = exclusive.area and "Порт", tuple("Окна" for _ in exclusive.offers)
            own = replace(exclusive, service="Уборка", area=area, offers=offers)
            notice = replace(notice, exclusive=own)
        if notice.offers_change is not None:
            notice = replace(notice, offers_change=renamed(notice.offers_change, "Услуга"))
        if notice.price is not None:
            notice = replace(notice, price=replace(notice.price, offer="Услуга"))
        message = pseudo.render(notice)
        page = read(message.html).text + preheader(message.html)
        for part in (message.subject, message.text, page):
            assert not re.search(r"[A-Za-z]{2,}", ADDRESS.sub(" ", part)), part


def renamed(change: OffersChange, name: str) -> OffersChange:
    """The same change of offers that are all called so."""

    def lines(of: tuple[OfferLine, ...]) -> tuple[OfferLine, ...]:
        return tuple(replace(line, name=name) for line in of)

    return OffersChange(
        change.currency, lines(change.opens), lines(change.reprices), lines(change.closes)
    )


def in_cyrillic(content: dict[str, Any]) -> dict[str, Any]:
    """A policy whose own words are all Cyrillic."""
    program = content["program"] | {"name": "Программа", "provider": "Север"}
    tiers = [
        tier | {"name": f"Уровень {n}", "benefits": [f"Скидка {n}"], "requires": []}
        for n, tier in enumerate(content["tiers"])
    ]
    labels = {name: m | {"label": "Показатель"} for name, m in content["metrics"].items()}
    program["contact_name"] = "Отдел"
    said = {"label": "Экзамен", "text": "Позвоним"}
    tracks = {
        name: track | {"label": "Золото", "steps": [step | said for step in track["steps"]]}
        for name, track in content["tracks"].items()
    }
    words = {"program": program, "tiers": tiers, "metrics": labels, "tracks": tracks}
    return content | words


def sentences(template: str) -> set[str]:
    """The sentences of a template, as the catalogues have them."""
    environment = Environment(extensions=EXTENSIONS, autoescape=True)
    environment.policies["ext.i18n.trimmed"] = True
    found: set[str] = set()
    for _, _, message in environment.extract_translations(template):  # type: ignore[attr-defined]
        found |= {
            words for words in (message if isinstance(message, tuple) else (message,)) if words
        }
    return found


@pytest.mark.parametrize("kind", TO_PARTNERS)
def test_the_plain_text_says_everything_that_the_html_s_body_says(kind: NoticeKind) -> None:
    folder = TEMPLATES / "email" / kind
    html = (folder / "body.html").read_text(encoding="utf-8")
    blocks = re.findall(r"{% block (?:body|contact) %}.*?{% endblock %}", html, re.DOTALL)
    without_captions = re.sub(
        r'(m\.findings\(rows, |m\.table\()_\("[^"]*", tier=tier\)', r"\1rows", "".join(blocks)
    )
    text = (folder / "body.txt").read_text(encoding="utf-8")
    assert sentences(without_captions) == sentences(text)


def test_the_parts_say_the_same_in_text_and_html() -> None:
    html, text = (
        sentences((TEMPLATES / "email" / f"macros.{kind}").read_text(encoding="utf-8"))
        for kind in ("html", "txt")
    )
    assert html == text


def test_a_mail_in_which_no_offer_changes_is_what_it_is_without_offers(
    policy: Policy, renderer: Renderer, tmp_path: Path
) -> None:
    """Byte for byte, as a template that knows no offers writes it."""
    shutil.copytree(TEMPLATES / "email", tmp_path / "email")
    cut = 0
    for kind in OFFERS:
        for page in (tmp_path / "email" / kind).iterdir():
            section = r"{% if offers_news %}\s*{{ m\.offers_change\(\) }}\n{% endif %}"
            after = r"\n" if page.suffix == ".txt" else ""
            words, number = re.subn(section + after, "", page.read_text(encoding="utf-8"))
            page.write_text(words, encoding="utf-8")
            cut += number
    assert cut == 2 * len(OFFERS)
    knows_none = Renderer(tmp_path)
    for notice in variants(policy):
        if notice.kind in OFFERS:
            plain = replace(notice, offers_change=None)
            assert renderer.render(plain) == knows_none.render(plain)
