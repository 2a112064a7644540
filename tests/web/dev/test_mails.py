"""The outbox in the browser: everything escaped, the message itself locked in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from partners.store.engine.database import Database
from partners.store.tables.mail_tables import MailEventRow, SuppressionRow
from partners.web.dev.mails import mail_app
from partners.web.dev.simulate import RecordedEvents

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def client(box: Database) -> TestClient:
    return TestClient(mail_app(box))


def test_an_empty_outbox_says_so(client: TestClient) -> None:
    assert "Nothing has been written yet" in client.get("/").text


def test_the_list_has_the_newest_first(box: Database, client: TestClient, put: Any) -> None:
    put(box, 1)
    put(box, 2, state="waiting")
    page = client.get("/").text
    assert page.index("Subject 2") < page.index("Subject 1")
    assert '<span class="tag waiting">waiting</span>' in page


def test_the_list_filters_by_partner_and_kind(box: Database, client: TestClient, put: Any) -> None:
    put(box, 1)
    put(box, 2, partner_id="beta")
    put(box, 3, kind="removal")
    page = client.get("/?partner=acme&kind=warning").text
    assert "Subject 1" in page
    assert "Subject 2" not in page
    assert "Subject 3" not in page
    assert "No message fits the filter" in client.get("/?partner=nobody").text


def test_older_messages_are_one_click_away(box: Database, client: TestClient, put: Any) -> None:
    for number in range(1, 103):
        put(box, number)
    first = client.get("/").text
    assert "Subject 102<" in first
    assert "Subject 2<" not in first
    assert "before=3" in first
    assert "Subject 2<" in client.get("/?before=3").text


def test_one_message_shows_text_headers_and_its_html_in_a_sandbox(
    box: Database, client: TestClient, put: Any
) -> None:
    put(box, 7, state="rejected", detail="550 no such box")
    page = client.get("/7").text
    for words in ("Text 7", "acme@example.com", "grace/x/7", "550 no such box", 'href="/7/eml"'):
        assert words in page
    assert '<iframe sandbox title="The message as HTML" src="/7/html">' in page
    assert "HTML 7" not in page


def test_the_html_alone_may_run_nothing_and_load_nothing(
    box: Database, client: TestClient, put: Any
) -> None:
    put(box, 7, html=EVIL)
    answer = client.get("/7/html")
    policy = answer.headers["content-security-policy"]
    assert answer.text == EVIL
    assert "default-src 'none'" in policy
    assert policy.endswith("sandbox")
    assert "script-src" not in policy


@pytest.mark.parametrize("path", ["/", "/7", "/?partner=%22%3E%3Cscript%3E&kind=%3Cscript%3E"])
def test_hostile_words_are_escaped_and_scripts_forbidden(
    box: Database, client: TestClient, put: Any, path: str
) -> None:
    put(box, 7, subject=EVIL, text=EVIL, detail=EVIL, to=[EVIL], sender=EVIL, partner_id='"><b>')
    answer = client.get(path)
    assert "<script" not in answer.text
    assert "<b>" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_message_downloads_as_a_file(box: Database, client: TestClient, put: Any) -> None:
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


def test_it_can_be_mounted_under_a_path(box: Database, put: Any) -> None:
    put(box, 7)
    client = TestClient(Starlette(routes=[Mount("/mail", mail_app(box))]))
    assert 'href="/mail/7"' in client.get("/mail/").text
    assert 'src="/mail/7/html"' in client.get("/mail/7").text
    assert client.get("/mail/7/html").text == "<p>HTML 7</p>"


# ---- what became of a message, and making something become of it ----

NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)


class Told:
    def __init__(self) -> None:
        self.partners: list[str] = []

    async def __call__(self, partners: Iterable[str]) -> None:
        self.partners += partners


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def desk(box: Database, told: Told) -> TestClient:
    """As `partners dev` serves it."""
    app = mail_app(box, simulator=RecordedEvents(box, told, lambda: NOW))
    return TestClient(app, base_url="http://127.0.0.1:8025", follow_redirects=False)


def token(desk: TestClient, number: int = 7) -> str:
    found = re.search(r'name="token" value="([^"]+)"', desk.get(f"/{number}").text)
    assert found is not None
    return found[1]


def simulate(desk: TestClient, name: str, number: int = 7, **headers: str) -> int:
    data = {"token": token(desk, number), "event": name}
    return desk.post(f"/{number}/simulate", data=data, headers=headers).status_code


def events(box: Database) -> list[MailEventRow]:
    with box.read() as session:
        return list(session.scalars(select(MailEventRow)))


def test_a_bounce_can_be_simulated(box: Database, desk: TestClient, told: Told, put: Any) -> None:
    put(box, 7)
    assert simulate(desk, "delivered") == 303
    assert simulate(desk, "bounce") == 303
    page = desk.get("/7").text
    assert '<span class="tag bounced">bounced</span>' in page
    assert "550 5.1.1 no such user · simulated" in page
    assert '<span class="tag bounced">bounced</span>' in desk.get("/").text
    assert told.partners == ["acme"]
    with box.read() as session:
        [blocked] = session.scalars(select(SuppressionRow))
        assert (blocked.email, blocked.source) == ("acme@example.com", "simulated")


def test_the_list_filters_by_what_was_reported(box: Database, desk: TestClient, put: Any) -> None:
    put(box, 7)
    put(box, 8, state="rejected")
    simulate(desk, "spamreport")
    assert "Subject 7" in desk.get("/?state=complained").text
    assert "Subject 8" not in desk.get("/?state=complained").text
    assert "Subject 7" not in desk.get("/?state=rejected").text
    assert "Subject 8" in desk.get("/?state=rejected").text


def test_the_filter_stays_on_the_way_to_older_messages(
    box: Database, desk: TestClient, put: Any
) -> None:
    for number in range(1, 103):
        put(box, number)
    page = desk.get("/?kind=warning&state=accepted").text
    assert "?partner=&amp;kind=warning&amp;state=accepted&amp;before=3" in page


def test_without_a_simulator_there_are_no_buttons(
    box: Database, client: TestClient, put: Any
) -> None:
    put(box, 7)
    assert "Simulate" not in client.get("/7").text
    assert client.post("/7/simulate", data={"event": "bounce"}).status_code == 404


@pytest.mark.parametrize("state", ["waiting", "sending", "rejected", "unknown", "superseded"])
def test_nothing_becomes_of_what_nobody_took(
    box: Database, desk: TestClient, put: Any, state: str
) -> None:
    put(box, 6)
    put(box, 7, state=state)
    assert "Simulate" not in desk.get("/7").text
    data = {"token": token(desk, 6), "event": "bounce"}
    assert desk.post("/7/simulate", data=data).status_code == 400
    assert events(box) == []


@pytest.mark.parametrize("given", ["", "x", "é", None])
def test_a_form_of_another_page_does_nothing(
    box: Database, desk: TestClient, put: Any, given: str | None
) -> None:
    put(box, 7)
    data = {"event": "bounce"} | ({"token": given} if given is not None else {})
    assert desk.post("/7/simulate", data=data).status_code == 403
    assert simulate(desk, "bounce", **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert events(box) == []


def test_rule_31_a_get_simulates_nothing(box: Database, desk: TestClient, put: Any) -> None:
    put(box, 7)
    assert desk.get(f"/7/simulate?event=bounce&token={token(desk)}").status_code == 405
    assert events(box) == []


@pytest.mark.parametrize("name", ["", "open", "bounce ", "nonsense"])
def test_only_what_has_a_button_can_be_simulated(
    box: Database, desk: TestClient, put: Any, name: str
) -> None:
    put(box, 7)
    assert simulate(desk, name) == 400


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "mail.test:8025"])
def test_a_name_that_only_points_here_is_not_answered(
    box: Database, desk: TestClient, put: Any, host: str
) -> None:
    put(box, 7)
    for path in ("/", "/7"):
        assert desk.get(path, headers={"Host": host}).status_code == 400


def test_the_headers_are_those_that_would_be_sent(
    box: Database, client: TestClient, put: Any
) -> None:
    put(box, 7)
    page = client.get("/7").text
    assert "<dt>Message-ID</dt>" in page
    assert "&lt;7." in page
