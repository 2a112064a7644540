"""A partner's preferences: a signed link is enough, a GET changes nothing, a POST acts at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from partners.domain.mail.topics import EVERYTHING, Consent, Topic
from partners.mail.unsubscribe import Grant, Links, Tokens, link_secret
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.store.mail import recipients
from partners.store.tables.mail_tables import PreferenceRow
from partners.store.tables.program_tables import PartnerRow
from partners.web.app import web_app
from partners.web.public.telling import tell_nobody
from tests import builders

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
EVERY = {topic.value for topic in Topic}


@pytest.fixture
def links(box: Database) -> Links:
    builders.accept(box, builders.a_policy())
    with box.write() as session:
        builders.a_partner(session, "acme", name="<b>Acme</b> & Söhne")
        return Links(Tokens(link_secret(session)), "http://testserver/")


@pytest.fixture
def client(box: Database, links: Links) -> Iterator[TestClient]:
    app = web_app(box, Settings(_env_file=None), tell_nobody)
    with TestClient(app, follow_redirects=False) as client:
        yield client


def wanted(box: Database) -> set[str]:
    with box.read() as session:
        partner = session.get_one(PartnerRow, "acme")
        found = recipients.wanted(session, partner, Topic, Consent.ASSUMED)
    return {topic.value for topic, wish in found.items() if wish}


def recorded(box: Database) -> list[tuple[str, bool, str]]:
    with box.read() as session:
        rows = session.scalars(select(PreferenceRow).order_by(PreferenceRow.choice_id))
        return [(row.topic, row.wanted, row.via) for row in rows]


def checked(page: str) -> set[str]:
    return set(re.findall(r'name="(\w+)" checked', page))


def test_the_page_shows_what_is_wanted(client: TestClient, links: Links) -> None:
    page = client.get(links.preferences_url("acme")).text
    assert checked(page) == EVERY
    assert "&lt;b&gt;Acme&lt;/b&gt; &amp; Söhne" in page
    assert "are always sent" in page


def test_saving_stores_what_changed_once(box: Database, client: TestClient, links: Links) -> None:
    url, rest = links.preferences_url("acme"), EVERY - {"newsletter"}
    for _ in range(2):
        page = client.post(url, data=dict.fromkeys(rest, "on"))
        assert "Saved." in page.text
        assert checked(page.text) == rest
    assert recorded(box) == [("newsletter", False, "page")]
    client.post(url, data=dict.fromkeys(EVERY, "on"))
    assert wanted(box) == EVERY


def test_one_button_turns_everything_off(box: Database, client: TestClient, links: Links) -> None:
    client.post(links.preferences_url("acme"), data=dict.fromkeys(EVERY, "on") | {"none": "1"})
    assert wanted(box) == set()


def test_rule_31_a_get_never_unsubscribes(box: Database, client: TestClient, links: Links) -> None:
    url = links.unsubscribe_url("acme", Topic.NEWSLETTER)
    for query in ("", "?List-Unsubscribe=One-Click"):
        page = client.get(url + query)
        assert "Do you want no more e-mail about: Newsletter?" in page.text
        assert client.head(url + query).status_code == 200
    assert recorded(box) == []


def test_a_post_unsubscribes_without_a_login_or_a_question(
    box: Database, client: TestClient, links: Links
) -> None:
    answer = client.post(links.unsubscribe_url("acme", Topic.NEWSLETTER), data=ONE_CLICK)
    assert answer.status_code == 200
    assert "no more e-mail about: Newsletter" in answer.text
    assert "set-cookie" not in answer.headers
    assert recorded(box) == [("newsletter", False, "one-click")]


def test_mail_programs_may_post_it_as_multipart(
    box: Database, client: TestClient, links: Links
) -> None:
    url = links.unsubscribe_url("acme", Topic.SCORECARD)
    files = {"List-Unsubscribe": (None, "One-Click")}
    assert client.post(url, files=files).status_code == 200
    assert wanted(box) == EVERY - {"scorecard"}


def test_the_pages_own_button_says_that_a_person_pressed_it(
    box: Database, client: TestClient, links: Links
) -> None:
    url = links.unsubscribe_url("acme", Topic.NEWSLETTER)
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', client.get(url).text))
    client.post(url, data=fields)
    assert recorded(box) == [("newsletter", False, "page")]


@pytest.mark.parametrize("data", [{}, {"List-Unsubscribe": "Two-Clicks"}, {"x": "One-Click"}])
def test_another_post_does_nothing(
    box: Database, client: TestClient, links: Links, data: dict[str, str]
) -> None:
    url = links.unsubscribe_url("acme", Topic.NEWSLETTER)
    assert client.post(url, data=data).status_code == 400
    assert recorded(box) == []


def test_the_headers_of_optional_mail_lead_there(
    box: Database, client: TestClient, links: Links
) -> None:
    headers = links.headers("newsletter", "acme")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = headers["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    assert client.post(url, data=ONE_CLICK).status_code == 200
    assert wanted(box) == EVERY - {"newsletter"}


def test_service_mail_has_no_such_headers(links: Links) -> None:
    assert links.headers("warning", "acme") == {}
    assert links.headers("newsletter", None) == {}


def test_a_link_about_everything_ends_everything(
    box: Database, client: TestClient, links: Links
) -> None:
    token = links.tokens.sign(Grant("acme", EVERYTHING))
    assert client.post(f"/unsubscribe/{token}", data=ONE_CLICK).status_code == 200
    assert wanted(box) == set()


@pytest.mark.parametrize("language", ["de", "es", "de-AT", "fr"])
def test_the_page_speaks_the_partners_language(
    box: Database, client: TestClient, links: Links, language: str
) -> None:
    with box.write() as session:
        session.get_one(PartnerRow, "acme").language = language
    titles = {"de": "E-Mail-Einstellungen", "es": "Preferencias de correo"}
    page = client.get(links.preferences_url("acme")).text
    assert titles.get(language[:2], "E-mail preferences") in page
    assert f'<html lang="{language[:2] if language[:2] in titles else "en"}">' in page


def test_the_pages_load_and_leak_nothing(client: TestClient, links: Links) -> None:
    headers = client.get(links.preferences_url("acme")).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex"


# ---- links that are not ours ----


def tampered(links: Links) -> list[str]:
    token = links.tokens.sign(Grant("acme", "newsletter"))
    other = Tokens("another secret").sign(Grant("acme", "newsletter"))
    payload, _, signature = token.rpartition(".")
    forged = links.tokens.sign(Grant("acme", "everything")).rpartition(".")[0]
    return [other, payload, f"{payload}.", f"{forged}.{signature}", token[:-1], "x", "a" * 5_000]


def test_a_link_that_we_did_not_sign_opens_nothing(
    box: Database, client: TestClient, links: Links
) -> None:
    for token in tampered(links):
        for page in ("preferences", "unsubscribe"):
            assert client.get(f"/{page}/{token}").status_code == 404
            answer = client.post(f"/{page}/{token}", data=ONE_CLICK)
            assert answer.status_code == 404
            assert "This link is not complete" in answer.text
    assert recorded(box) == []


def test_a_link_of_a_partner_who_is_gone_opens_nothing(client: TestClient, links: Links) -> None:
    assert client.get(links.preferences_url("nobody")).status_code == 404
    answer = client.post(links.unsubscribe_url("nobody", Topic.NEWSLETTER), data=ONE_CLICK)
    assert answer.status_code == 404


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=500))
def test_no_invented_token_is_read(token: str) -> None:
    assert Tokens("secret").read(token) is None


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_huge_form_is_refused(box: Database, client: TestClient, links: Links, kind: str) -> None:
    url = links.preferences_url("acme")
    answer = client.post(url, content=b"a=" + b"x" * 1_000_000, headers={"Content-Type": kind})
    assert answer.status_code == 413
    assert recorded(box) == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\ngarbage"),
        ("multipart/form-data", b"--x"),
        ("application/x-www-form-urlencoded", b"%ff%fe=%00&&&=&newsletter=%ed%a0%80"),
        ("text/plain", b"List-Unsubscribe=One-Click"),
        ("application/json", b"{"),
        ("x" * 500, b"\x00"),
    ],
)
def test_garbled_forms_are_no_errors_of_ours(
    client: TestClient, links: Links, kind: str, body: bytes
) -> None:
    for url in (links.preferences_url("acme"), links.unsubscribe_url("acme", Topic.NEWSLETTER)):
        answer = client.post(url, content=body, headers={"Content-Type": kind})
        assert answer.status_code < 500


def test_two_databases_do_not_take_each_others_links() -> None:
    one, other = Tokens("one"), Tokens("other")
    assert other.read(one.sign(Grant("acme", "newsletter"))) is None


def test_health_says_whether_the_database_answers(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok\n"
