"""Reading a page changes nothing, on any page that there is."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import make_url
from sqlalchemy.orm import Session
from starlette.routing import Route
from starlette.testclient import TestClient
from temporalio.client import Client

from partners.domain.mail.topics import Topic
from partners.domain.referrals.referral import ReferralState
from partners.mail.unsubscribe import Grant, Tokens, link_secret
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.store.referrals import leads
from partners.store.referrals.leads import Given
from partners.store.tables.referral_tables import ReferralRow
from partners.web.app import dev_app
from tests import builders

ASKED = "?List-Unsubscribe=One-Click&none=1&event=bounce&asked=1&answer=take"
"""What changes something where it is posted."""
ROUTING = {"sales_email": "sales@northwind.example"}
START = datetime(2026, 11, 16, 9, tzinfo=UTC)


def everything(box: Database) -> list[str]:
    """All that the database holds."""
    with sqlite3.connect(make_url(box.url).database or "") as connection:
        return list(connection.iterdump())


def _a_lead(session: Session) -> None:
    """One that acme has referred, and may take."""
    referral = ReferralRow(
        referral_id="r1",
        partner_id="acme",
        lead_ref="A-481",
        submitted_at=START,
        state=ReferralState.ACCEPTED,
        reason="",
        revision=1,
    )
    session.add(referral)
    session.flush()
    leads.give(session, "r1", Given("acme", "preferred", "person", "Ann"), START)


def test_rule_31_no_page_changes_anything_when_it_is_read(box: Database, put: Any) -> None:
    builders.accept(box, builders.a_policy(referral={"routing": ROUTING}))
    with box.write() as session:
        builders.a_partner(session, "acme")
        tokens = Tokens(link_secret(session))
        token = tokens.sign(Grant("acme", Topic.NEWSLETTER))
        _a_lead(session)
    put(box, 7)
    app = dev_app(box, Settings(_env_file=None), cast("Client", None))
    before = everything(box)

    pages = [route for route in app.routes if isinstance(route, Route)]
    assert len(pages) == len(app.routes), "what is mounted has pages of its own: read them, too"
    read = [route for route in pages if "GET" in (route.methods or ())]
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        for route in read:
            signed = tokens.sign_lead(1) if "/lead/" in route.path else token
            path = route.path_format.format(token=signed, number=7)
            for query in ("", ASKED):
                assert client.get(path + query).status_code == 200, path
                assert client.head(path + query).status_code == 200, path

    assert len(read) >= 7
    assert everything(box) == before
