"""A stored message as a file that mail programs open."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy
from partners.mail import eml
from partners.mail.render import Renderer
from partners.mail.samples.samples import sample
from partners.store.tables.mail_tables import OutboxRow


def a_row(**columns: Any) -> OutboxRow:
    values: dict[str, Any] = {
        "outbox_id": 12,
        "to": ["blue@harbour.example"],
        "sender": "partners@northwind.example",
        "subject": "Grüße 🎉",
        "text": "Hello\n",
        "html": "<p>Hello</p>",
        "rendered_at": datetime(2026, 11, 16, 9, 30, tzinfo=UTC),
    }
    return OutboxRow(**(values | columns))


def parsed(row: OutboxRow) -> EmailMessage:
    mail = message_from_bytes(eml.to_bytes(row), policy=SMTP)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def test_it_has_the_headers_of_the_stored_message() -> None:
    mail = parsed(a_row())
    assert mail["From"] == "partners@northwind.example"
    assert mail["To"] == "blue@harbour.example"
    assert mail["Subject"] == "Grüße 🎉"
    assert mail["Date"].datetime == datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
    assert mail["Message-ID"].startswith("<12.")
    assert mail["Message-ID"].endswith("@northwind.example>")


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_the_text_comes_first_then_the_html(
    policy: Policy, renderer: Renderer, kind: NoticeKind
) -> None:
    message = renderer.render(sample(kind, policy))
    mail = parsed(a_row(subject=message.subject, text=message.text, html=message.html))
    text, html = mail.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().replace("\r\n", "\n") == message.text
    assert html.get_content().replace("\r\n", "\n").strip() == message.html.strip()
    assert {part.get_content_charset() for part in (text, html)} == {"utf-8"}


def test_the_same_message_is_the_same_file_but_for_its_boundary() -> None:
    assert parsed(a_row())["Message-ID"] == parsed(a_row())["Message-ID"]


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\r\nBcc: c@d.example", "a b@c.example", "ä@ö.example", "a@@b.c"]
)
def test_an_address_that_no_header_can_hold_is_shown_but_not_used(address: str) -> None:
    mail = parsed(a_row(to=[address]))
    assert mail["To"] is None
    assert mail["Bcc"] is None


def test_a_subject_with_line_breaks_adds_no_header() -> None:
    mail = parsed(a_row(subject="Hello\r\nBcc: everybody@example.com"))
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Hello")


def test_a_sender_with_a_name_and_domains_in_other_letters_stand_in_the_file() -> None:
    sender = '"Nörthwind, Partner team" <partners@bücher.example>'
    mail = parsed(a_row(sender=sender, to=["Info@Bäcker.example"]))
    (author,) = mail["From"].addresses
    assert author.display_name == "Nörthwind, Partner team"
    assert author.addr_spec == "partners@xn--bcher-kva.example"
    assert [to.addr_spec for to in mail["To"].addresses] == ["Info@xn--bcker-gra.example"]
    assert mail["X-Unusable-To"] is None
    assert mail["Message-ID"].endswith("@xn--bcher-kva.example>")


def test_a_sender_that_nothing_could_come_from_is_not_made_up() -> None:
    mail = parsed(a_row(sender="Jörg <jörg@example.com>"))
    assert mail["From"] == "unknown@localhost.invalid"
    assert mail["Message-ID"].endswith("@example.com>")
