"""What completion reads, on both databases: what begins so, and no more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from partners.store.engine.database import Database
from partners.store.people import beginnings
from tests import builders


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def test_partners_that_begin_so_come_in_order_with_their_names(database: Database) -> None:
    with database.write() as session:
        for partner_id in ("acorn", "acme", "Acme", "ac%", "ac_x", "birch", "acé"):
            builders.a_partner(session, partner_id, name=f"Name of {partner_id}")
    found = beginnings.partners(url_of(database), "ac")
    assert sorted(found) == [
        (name, f"Name of {name}") for name in ("ac%", "ac_x", "acme", "acorn", "acé")
    ]
    assert [name for name, _ in beginnings.partners(url_of(database), "ac_")] == ["ac_x"]
    assert len(beginnings.partners(url_of(database), "")) == 7


def test_at_most_a_hundred_partners_come(database: Database) -> None:
    with database.write() as session:
        for n in range(beginnings.MOST + 5):
            builders.a_partner(session, f"p{n:04}")
    assert len(beginnings.partners(url_of(database), "p")) == beginnings.MOST


def test_tiers_are_those_of_the_newest_policy(database: Database) -> None:
    assert beginnings.tiers(url_of(database)) == []
    policy = builders.a_policy()
    builders.accept(database, policy)
    found = beginnings.tiers(url_of(database))
    assert [key for key, _ in found] == [tier.key for tier in policy.tiers]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        beginnings.partners(f"sqlite:///{tmp_path}/none.db", "a")
    assert not list(tmp_path.iterdir())


def test_another_databases_address_has_nothing(tmp_path: Path) -> None:
    assert beginnings.partners("mysql://host/name", "a") == []
