"""The outbox in the browser: everything escaped, the message itself locked in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from partners.store.database import Database
from partners.store.tables import OutboxRow
from partners.web.mails import mail_app

START = datetime(2026, 11, 16, 9, tzinfo=UTC)
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def box(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "mails.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


def put(database: Database, number: int, **columns: Any) -> None:
    values: dict[str, Any] = {
        "outbox_id": number,
        "message_key": f"grace/x/{number}",
        "notice_key": f"grace/x/{number}",
        "attempt": 1,
        "public_id": f"public-{number}",
        "untold": False,
        "kind": "warning",
        "partner_id": "acme",
        "state": "accepted",
        "to": ["acme@example.com"],
        "sender": "partners@northwind.example",
        "subject": f"Subject {number}",
        "text": f"Text {number}",
        "html": f"<p>HTML {number}</p>",
        "rendered_at": START + timedelta(minutes=number),
    }
    with database.write() as session:
        session.add(OutboxRow(**(values | columns)))


@pytest.fixture
def client(box: Database) -> TestClient:
    return TestClient(mail_app(box))


def test_an_empty_outbox_says_so(client: TestClient) -> None:
    assert "Nothing has been written yet" in client.get("/").text


def test_the_list_has_the_newest_first(box: Database, client: TestClient) -> None:
    put(box, 1)
    put(box, 2, state="waiting")
    page = client.get("/").text
    assert page.index("Subject 2") < page.index("Subject 1")
    assert '<span class="tag waiting">waiting</span>' in page


def test_the_list_filters_by_partner_and_kind(box: Database, client: TestClient) -> None:
    put(box, 1)
    put(box, 2, partner_id="beta")
    put(box, 3, kind="removal")
    page = client.get("/?partner=acme&kind=warning").text
    assert "Subject 1" in page
    assert "Subject 2" not in page
    assert "Subject 3" not in page
    assert "No message fits the filter" in client.get("/?partner=nobody").text


def test_older_messages_are_one_click_away(box: Database, client: TestClient) -> None:
    for number in range(1, 103):
        put(box, number)
    first = client.get("/").text
    assert "Subject 102<" in first
    assert "Subject 2<" not in first
    assert "before=3" in first
    assert "Subject 2<" in client.get("/?before=3").text


def test_one_message_shows_text_headers_and_its_html_in_a_sandbox(
    box: Database, client: TestClient
) -> None:
    put(box, 7, state="rejected", detail="550 no such box")
    page = client.get("/7").text
    for words in ("Text 7", "acme@example.com", "grace/x/7", "550 no such box", 'href="/7/eml"'):
        assert words in page
    assert '<iframe sandbox title="The message as HTML" src="/7/html">' in page
    assert "HTML 7" not in page


def test_the_html_alone_may_run_nothing_and_load_nothing(box: Database, client: TestClient) -> None:
    put(box, 7, html=EVIL)
    answer = client.get("/7/html")
    policy = answer.headers["content-security-policy"]
    assert answer.text == EVIL
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script-src" not in policy


@pytest.mark.parametrize("path", ["/", "/7", "/?partner=%22%3E%3Cscript%3E&kind=%3Cscript%3E"])
def test_hostile_words_are_escaped_and_scripts_forbidden(
    box: Database, client: TestClient, path: str
) -> None:
    put(box, 7, subject=EVIL, text=EVIL, detail=EVIL, to=[EVIL], sender=EVIL, partner_id='"><b>')
    answer = client.get(path)
    assert "<script" not in answer.text
    assert "<b>" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_message_downloads_as_a_file(box: Database, client: TestClient) -> None:
    put(box, 7)
    answer = client.get("/7/eml")
    assert answer.headers["content-disposition"] == 'attachment; filename="message-7.eml"'
    assert answer.headers["content-type"] == "message/rfc822"
    assert message_from_bytes(answer.content)["Subject"] == "Subject 7"


@pytest.mark.parametrize(
    "path", ["/99", "/99/html", "/99/eml", "/x", "/99999999999999999999999999999/html"]
)
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no such message" in answer.text


def test_odd_queries_do_not_break_the_list(client: TestClient) -> None:
    for query in ("before=x", "before=-1", "before=" + "9" * 40, "kind=nope", "partner=%00%ff"):
        assert client.get(f"/?{query}").status_code == 200


def test_it_can_be_mounted_under_a_path(box: Database) -> None:
    put(box, 7)
    client = TestClient(Starlette(routes=[Mount("/mail", mail_app(box))]))
    assert 'href="/mail/7"' in client.get("/mail/").text
    assert 'src="/mail/7/html"' in client.get("/mail/7").text
    assert client.get("/mail/7/html").text == "<p>HTML 7</p>"
