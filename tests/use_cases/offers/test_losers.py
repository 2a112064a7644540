"""Who loses what by an exclusive: counted for everybody, named, listed in full."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from partners.domain.cases.commands import Command
from partners.domain.judging.coverage import DayRange
from partners.domain.offers import losing
from partners.domain.offers.exclusive import ExclusiveStatus, Terms
from partners.domain.offers.losing import Lost
from partners.domain.offers.offer import Buyer
from partners.store.engine.database import Database
from partners.store.offers.exclusive_standing import stand
from partners.store.offers.holding.exclusives import Draft
from partners.store.offers.offer_facts import answers
from partners.store.offers.offer_moment import moment
from partners.store.overrides import overrides
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.offer_tables import GrantRow, WindowRow
from partners.store.tables.program_tables import PartnerRow
from partners.use_cases.acting import Manager
from partners.use_cases.offers import exclusive_proposals, exclusives
from tests import builders

TODAY = date(2026, 11, 2)
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
BERLIN = ("10115", "10117", "10119")
DRAFT = Draft("acme", "hotline", Terms(TODAY, date(2027, 10, 31)), area_code="berlin")
LADDER = [
    {"key": "basic", "kind": "public", "enter": {}},
    {"key": "preferred", "kind": "preferred", "enter": {"orders_per_month": {"at_least": 10}}},
]


@pytest.fixture
def ann(ann: Manager, database: Database) -> Manager:
    builders.accept(database, builders.a_policy(tiers=LADDER))
    with database.write() as session:
        for partner_id in ("acme", "birch", "corner", "delta"):
            builders.a_partner(session, partner_id)
        builders.a_partner(session, "basic", tier="basic")
        builders.an_area(session, "berlin", *BERLIN)
    return ann


def offer(session: Session, offer_id: str, **columns: Any) -> None:
    builders.an_offer(session, offer_id, service=offer_id.split("-")[0], **columns)


def granted(session: Session, partner_id: str, offer_id: str, **columns: Any) -> None:
    given_ = {"from_day": TODAY, "granted_at": NOW, "who": "Ann", "reason": "agreed", **columns}
    session.add(GrantRow(partner_id=partner_id, offer_id=offer_id, **given_))
    session.flush()


def proposed(ann: Manager, draft: Draft = DRAFT) -> str:
    return exclusive_proposals.propose(ann, draft, "agreed").exclusive.exclusive_id


def lost(ann: Manager, exclusive_id: str) -> dict[str, tuple[Lost, ...]]:
    """What everybody loses; counted as it is listed."""
    with exclusives.every_loser(ann, exclusive_id) as losers:
        found = list(losers)
    assert exclusives.losers(ann, exclusive_id).count == len(found)
    assert len({one.partner_id for one in found}) == len(found)
    return {one.partner_id: one.lost for one in found}


def test_rule_22_who_loses_what_and_where_is_shown_before_anything_is_signed(
    ann: Manager, database: Database
) -> None:
    with database.write() as session:
        offer(session, "hotline-1", visibility="preferred")
        offer(session, "hotline-2", visibility="selected")
        offer(session, "visits-1")
        granted(session, "corner", "hotline-2")
        granted(session, "basic", "hotline-2", until_day=date(2026, 11, 1))
        overrides.block(session, "delta", Command("Ann", "fraud"), TODAY)
    exclusive_id = proposed(ann)
    shown = exclusives.preview_signing(ann, exclusive_id, "signed").losers
    assert shown.count == 2
    assert lost(ann, exclusive_id) == {
        "birch": (Lost("hotline-1", 3),),
        "corner": (Lost("hotline-1", 3), Lost("hotline-2", 3)),
    }


async def test_after_it_is_signed_the_answer_is_the_same(ann: Manager, database: Database) -> None:
    with database.write() as session:
        offer(session, "hotline-1")
    exclusive_id = proposed(ann)
    before = lost(ann, exclusive_id)
    assert set(before) == {"basic", "birch", "corner", "delta"}
    await exclusives.sign(ann, exclusive_id, "signed by both")
    assert lost(ann, exclusive_id) == before


def test_who_ordered_there_lately_comes_first_by_how_much(ann: Manager, database: Database) -> None:
    day = date(2026, 10, 5)
    there = {"service": "hotline", "postal_code": "10115"}
    with database.write() as session:
        offer(session, "hotline-1")
        builders.orders(session, "delta", day, day, 3, **there)
        builders.orders(session, "corner", day, day, 1, "placed", **there)
        builders.orders(
            session, "corner", day, day, 4, service=None, offer_id="hotline-1", postal_code="10119"
        )
        builders.orders(session, "birch", day, day, 9, service="visits", postal_code="10115")
        old = date(2025, 9, 5)
        builders.orders(session, "basic", old, old, 9, **there)
        builders.covered(session, DayRange(day, day))
    exclusive_id = proposed(ann)
    shown = exclusives.losers(ann, exclusive_id)
    assert shown.since == date(2025, 11, 1)
    assert [(one.partner_id, one.orders) for one in shown.first] == [
        ("corner", 5),
        ("delta", 3),
        ("basic", 0),
        ("birch", 0),
    ]
    everywhere = proposed(ann, Draft("acme", "hotline", DRAFT.terms))
    first = exclusives.losers(ann, everywhere).first
    assert [one.partner_id for one in first] == ["corner", "delta", "basic", "birch"]


PEOPLE = [f"p{number:02}" for number in range(20)]


def any_program(session: Session, chance: random.Random) -> None:
    """Partners, offers, grants, blocks and windows as they come."""
    for who in PEOPLE:
        builders.a_partner(session, who, tier=chance.choice([None, "basic", "preferred"]))
    for number in range(6):
        offer_id = f"hotline-{number}"
        offer(
            session,
            offer_id,
            status=chance.choice(["active", "active", "active", "paused"]),
            visibility=chance.choice(["public", "preferred", "selected"]),
            opens_on=chance.choice([None, TODAY, date(2026, 12, 1)]),
            area_code=chance.choice([None, None, "mitte"]),
        )
        for who in chance.sample(PEOPLE, 4):
            granted(session, who, offer_id)
        days = {"visible_from": TODAY, "orderable_from": chance.choice([TODAY, date(2027, 1, 1)])}
        if chance.random() < 0.3:
            session.add(WindowRow(offer_id=offer_id, tier="preferred", **days))
    for who in chance.sample(PEOPLE[1:], 3):
        overrides.block(session, who, Command("Ann", "fraud"), TODAY)
    for who in chance.sample(sorted({*PEOPLE[1:]} - overrides_of(session)), 3):
        overrides.block(session, who, Command("Ann", "not", offers=("hotline-0",)), TODAY)


def overrides_of(session: Session) -> set[str]:
    return set(session.scalars(select(OverrideRow.partner_id)))


def orderable(session: Session, who: str) -> set[tuple[str, str]]:
    """Each offer and postal code that a partner can order."""
    when, ids = moment(session, NOW, NOW), [f"hotline-{number}" for number in range(6)]
    return {
        (answer.offer_id, code)
        for code in BERLIN
        for answer in answers(session, who, ids, frozenset({code}), when)
        if answer.orderable
    }


@pytest.mark.parametrize("seed", [0, 4, 5])
async def test_it_agrees_with_the_one_question_about_access_asked_of_each_partner(
    ann: Manager, database: Database, seed: int
) -> None:
    with database.write() as session:
        builders.an_area(session, "mitte", "10117", "10178")
        any_program(session, random.Random(seed))
    other = Draft("p00", "hotline", replace(DRAFT.terms, max_holders=2), area_code="mitte")
    draft = replace(DRAFT, terms=replace(DRAFT.terms, max_holders=2))
    await begun(ann, proposed(ann, other))
    exclusive_id = proposed(ann, draft)
    everybody = [*PEOPLE, "acme", "birch", "corner", "delta", "basic"]
    with database.read() as session:
        before = {who: orderable(session, who) for who in everybody}
    said = lost(ann, exclusive_id)
    await begun(ann, exclusive_id)
    with database.read() as session:
        gone = {who: before[who] - orderable(session, who) for who in everybody}
    assert any(gone.values())
    assert {who: dict(what) for who, what in said.items()} == {
        who: dict(Counter(offer_id for offer_id, _ in pairs))
        for who, pairs in gone.items()
        if pairs
    }


async def begun(ann: Manager, exclusive_id: str) -> None:
    """Signed, and its first day has come."""
    await exclusives.sign(ann, exclusive_id, "signed by both")
    with ann.database.write() as session:
        row = session.get_one(ExclusiveRow, exclusive_id)
        stand(session, row, ExclusiveStatus.ACTIVE, NOW, "tests", "its first day has come")


def test_among_many_partners_only_the_exceptions_are_asked_one_by_one(
    ann: Manager, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as session:
        offer(session, "hotline-1")
        offer(session, "hotline-2", visibility="selected")
        rows = [
            {"partner_id": f"m{number}", "name": "M", "email": "m@example.com", "tier": "preferred"}
            | {"kind": "reseller", "joined_on": TODAY}
            for number in range(3_000)
        ]
        session.execute(insert(PartnerRow), rows)
        for number in range(300):
            granted(session, f"m{number}", "hotline-2")
    exclusive_id = proposed(ann)
    asked: list[Buyer] = []
    ask = losing.Losing.of
    monkeypatch.setattr(losing.Losing, "of", lambda of, who: asked.append(who) or ask(of, who))
    assert exclusives.losers(ann, exclusive_id).count == 3_004
    with exclusives.every_loser(ann, exclusive_id) as found:
        assert len(list(found)) == 3_004
    assert len(asked) < 20
