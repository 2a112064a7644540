"""An id that nobody has suggests those that read like it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from partners.store.engine.database import Database
from partners.store.people import near_partners as near
from partners.store.people.known_partner import UnknownPartner, known_partner
from partners.store.tables.program_tables import PartnerRow
from tests import builders


@pytest.fixture
def partners(database: Database) -> Database:
    with database.write() as session:
        for partner_id, name in (
            ("bellavista", "Bella Vista"),
            ("old-mill", "Mühle am Bach"),
            ("p17", "Zimmerei Huber"),
        ):
            builders.a_partner(session, partner_id, name=name)
    return database


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("belavista", ("bellavista",)),
        ("BELLAVISTA", ("bellavista",)),
        ("Bella Vista", ("bellavista",)),
        ("zimmerei hubr", ("p17",)),
        ("muhle am bach", ("old-mill",)),
        ("nobody", ()),
        (" ", ()),
    ],
)
def test_those_whose_id_or_name_is_alike_are_found(
    partners: Database, wanted: str, found: tuple[str, ...]
) -> None:
    with partners.read() as session:
        assert near.near_partners(session, wanted) == found


def test_at_most_three_the_nearest_first(database: Database) -> None:
    with database.write() as session:
        for number in range(5):
            builders.a_partner(session, f"acme-{number}")
        builders.a_partner(session, "acne")
        found = near.near_partners(session, "acme")
    assert len(found) == near.MOST
    assert "acne" not in found  # is less alike


def test_of_very_many_those_that_begin_alike_are_compared(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "LOOKED_AT", 3)
    with database.write() as session:
        for partner_id in ("aaa", "aab", "aac", "aad", "zenit"):
            builders.a_partner(session, partner_id)
        assert near.near_partners(session, "zenith") == ("zenit",)


def test_ten_thousand_partners_take_no_time_to_speak_of(database: Database) -> None:
    rows = [
        {
            **{"partner_id": f"partner-{number}", "name": f"Partner {number}", "email": ""},
            **{"kind": "reseller", "joined_on": builders.date(2020, 1, 1)},
        }
        for number in range(10_000)
    ]
    with database.write() as session:
        session.execute(insert(PartnerRow), rows)
        assert len(near.near_partners(session, "partnr-77")) == near.MOST


def test_a_refusal_names_them(partners: Database) -> None:
    with partners.read() as session, pytest.raises(UnknownPartner) as refused:
        known_partner(session, "belavista")
    assert str(refused.value) == "unknown partner 'belavista'; did you mean bellavista?"


def test_several_are_joined_as_people_do() -> None:
    assert near.did_you_mean(("a", "b", "c")) == "; did you mean a, b or c?"
    assert near.did_you_mean(()) == ""
