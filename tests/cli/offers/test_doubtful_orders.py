"""`partners offer orders` and `partners offer settle`, and what imports say of doubtful orders."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from partners.cli.offers.doubtful_orders import REASONS
from partners.domain.offers.access import FORBIDS
from partners.domain.offers.doubt import UNKNOWN_OFFER
from partners.store.engine.database import Database
from partners.store.tables.feed_tables import DoubtfulOrderRow
from tests import builders
from tests.cli.conftest import Run

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.fixture
def listed(database: Database) -> Database:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        named = {"order_id": "o1", "partner_id": "acme", "offer_id": "sku"}
        times = {"placed_at": int(NOW.timestamp()), "noted_at": NOW}
        session.add(DoubtfulOrderRow(reasons="not_granted,outside_area", **named, **times))
    return database


def test_every_reason_has_words() -> None:
    assert REASONS.keys() == {UNKNOWN_OFFER, *FORBIDS}


def test_doubtful_orders_are_listed_in_words_and_as_codes(run: Run, listed: Database) -> None:
    shown = run("offer", "orders").out
    assert "without a grant then" in shown
    [told] = json.loads(run("offer", "orders", "acme", "--json").out)
    assert told["reasons"] == ["not_granted", "outside_area"]
    assert told["placed_at"] == NOW.isoformat()


def test_an_order_is_settled_once_and_by_whom_is_said(run: Run, listed: Database) -> None:
    assert "partners offer orders" in run("inbox").out
    settled = run("offer", "settle", "o1", "--reason", "by phone", "--by", "Ann")
    assert settled.out.startswith("1 order settled")
    assert "No order is doubtful." in run("offer", "orders").out
    again = run("offer", "settle", "o1", "--reason", "by phone", "--by", "Ben")
    assert again.status == 2
    assert "Ann settled it on" in again.err
    assert "see: partners offer orders" in again.err
    [told] = json.loads(run("offer", "orders", "--settled", "--json").out)
    assert (told["by"], told["reason"]) == ("Ann", "by phone")
    assert "by Ann: by phone" in run("offer", "orders", "--settled").out
