"""Previews on the mail desk: every kind in every language, the English version beside it."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from partners.domain.mail.notices import NoticeKind
from partners.store.engine.database import Database
from partners.web.dev.mails import mail_app
from tests import builders


@pytest.fixture
def client(box: Database) -> TestClient:
    builders.accept(box, builders.a_policy())
    return TestClient(mail_app(box))


def test_a_message_in_another_language_stands_beside_its_english_version(
    client: TestClient,
) -> None:
    page = client.get("/previews?kind=warning&language=de").text
    assert '<iframe sandbox title="The message" src="/previews/html?kind=warning' in page
    assert '<iframe sandbox title="The English version" src="/previews/html?kind=warning' in page
    assert "Bitte handeln Sie" in page
    assert "English version:</span> Please act by" in page


def test_english_stands_alone(client: TestClient) -> None:
    for query in ("", "?language=en", "?kind=guard&language=de"):
        page = client.get(f"/previews{query}").text
        assert page.count("<iframe") == 1, query


def test_the_message_alone_may_run_nothing_and_load_nothing(client: TestClient) -> None:
    answer = client.get("/previews/html?kind=warning&language=es")
    assert '<html lang="es"' in answer.text
    assert answer.headers["content-security-policy"].endswith("sandbox")


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_has_a_preview(client: TestClient, kind: NoticeKind) -> None:
    assert client.get(f"/previews?kind={kind}&language=de-AT").status_code == 200


@pytest.mark.parametrize("query", ["kind=nope", "language=xx", "kind=%3Cscript%3E", "language=%00"])
def test_what_there_is_no_preview_of_is_not_found(client: TestClient, query: str) -> None:
    assert client.get(f"/previews?{query}").status_code == 404
    assert client.get(f"/previews/html?{query}").status_code == 404


def test_without_a_policy_there_is_nothing_to_preview(box: Database) -> None:
    assert TestClient(mail_app(box)).get("/previews").status_code == 404


def test_a_message_that_staff_may_not_read_leads_to_its_kind_in_english(
    box: Database, client: TestClient, put: Any
) -> None:
    put(box, 1, html='<!DOCTYPE html><html lang="de" dir="ltr"><body></body></html>')
    put(box, 2, html='<!DOCTYPE html><html lang="en" dir="ltr"><body></body></html>')
    put(box, 3, html='<html lang="xx"><html lang="de"&quot;>')
    assert 'href="/previews?kind=warning&amp;language=de"' in client.get("/1").text
    assert "/previews" not in client.get("/2").text
    assert "/previews" not in client.get("/3").text
