"""A seller's answer about a lead: a signed link is enough, a GET changes nothing, a POST acts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from partners.domain.referrals.referral import ReferralState
from partners.mail.unsubscribe import Links, Tokens, link_secret
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.store.referrals import leads
from partners.store.referrals.leads import Given
from partners.store.tables.referral_tables import ReferralRow
from partners.use_cases import telling
from partners.use_cases.telling import Told
from partners.web.app import web_app
from partners.web.public.telling import tell_nobody
from tests import builders

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROUTING = {"sales_email": "sales@northwind.example"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which leads' workflows were told, instead of a Temporal server."""
    told: list[str] = []

    async def tell(_by: object, ids: list[str]) -> Told:
        told.extend(ids)
        return Told(unreachable="no server here")

    monkeypatch.setattr(telling, "leads", tell)
    return told


@pytest.fixture
def url(box: Database) -> str:
    """Where ben answers about the lead of r1, which acme referred."""
    builders.accept(box, builders.a_policy(referral={"routing": ROUTING}))
    with box.write() as session:
        for name in ("acme", "ben", "cleo"):
            builders.a_partner(session, name, name=f"<b>{name}</b>")
        session.add(
            ReferralRow(
                referral_id="r1",
                partner_id="acme",
                lead_ref="A-481",
                submitted_at=NOW,
                state=ReferralState.ACCEPTED,
                reason="",
                accepted_at=NOW,
                policy_version=1,
                revision=1,
            )
        )
        session.flush()
        leads.give(session, "r1", Given("ben", "preferred", "tier", "Ann"), NOW)
        return Links(Tokens(link_secret(session)), "http://testserver/").lead_url(1)


@pytest.fixture
def client(box: Database, told: list[str], url: str) -> Iterator[TestClient]:
    app = web_app(box, Settings(_env_file=None), tell_nobody, lambda: NOW)
    with TestClient(app, follow_redirects=False) as client:
        yield client


def turns(box: Database) -> list[tuple[str, str]]:
    with box.read() as session:
        rows = leads.turns_of(session, "r1")
        return [(r.partner_id or "sales", r.end or ("taken" if r.taken_at else "")) for r in rows]


def test_rule_31_looking_changes_nothing_and_names_nobody_else(
    box: Database, client: TestClient, url: str, told: list[str]
) -> None:
    page = client.get(url).text
    assert "A-481" in page
    assert "&lt;b&gt;ben&lt;/b&gt;" in page
    assert "acme" not in page
    assert "cleo" not in page
    client.get(f"{url}?answer=take")
    assert (turns(box), told) == ([("ben", "")], [])


def test_a_lead_is_taken_once(box: Database, client: TestClient, url: str, told: list[str]) -> None:
    for _ in range(2):
        page = client.post(url, data={"answer": "take"})
        assert page.status_code == 200
        assert "The lead is yours" in page.text
    assert turns(box) == [("ben", "taken")]
    assert told == ["r1", "r1"]
    with box.read() as session:
        assert session.get_one(ReferralRow, "r1").state is ReferralState.WORKING


def test_a_lead_that_is_declined_goes_on_and_the_link_is_of_no_use_any_more(
    box: Database, client: TestClient, url: str
) -> None:
    assert "It goes on to somebody else" in client.post(url, data={"answer": "decline"}).text
    assert turns(box) == [("ben", "declined"), ("cleo", "")]
    assert "not waiting for you any more" in client.post(url, data={"answer": "take"}).text
    client.post(url, data={"answer": "decline"})
    assert turns(box) == [("ben", "declined"), ("cleo", "")]


def test_a_lead_that_was_taken_can_be_given_back(
    box: Database, client: TestClient, url: str
) -> None:
    client.post(url, data={"answer": "take"})
    assert "Give it back" in client.get(url).text
    client.post(url, data={"answer": "decline"})
    assert turns(box) == [("ben", "declined"), ("cleo", "")]


def test_a_link_that_is_none_of_ours_is_not_found(box: Database, client: TestClient) -> None:
    with box.read() as session:
        tokens = Tokens(link_secret(session))
    for token in ("x", "y" * 500, tokens.sign_lead(99), Tokens("another").sign_lead(1)):
        assert client.get(f"/lead/{token}").status_code == 404
        assert client.post(f"/lead/{token}", data={"answer": "take"}).status_code == 404
    assert turns(box) == [("ben", "")]


@pytest.mark.parametrize("form", [{}, {"answer": "both"}])
def test_an_answer_that_is_none_is_refused(
    box: Database, client: TestClient, url: str, form: dict[str, str]
) -> None:
    assert client.post(url, data=form).status_code == 400
    assert turns(box) == [("ben", "")]
