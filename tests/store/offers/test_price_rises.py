"""For whom an offer gets dearer from a day on, and how soon that may be."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy.orm import Session

from partners.domain.offers.price_rise import Rise
from partners.store.engine.database import Database
from partners.store.offers import price_rises
from partners.store.offers.price_rises import PriceRisesTooSoon, any_rise, refuse_too_soon, rises
from partners.store.policy import policies
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.offer_tables import PriceRow
from tests import builders
from tests.offered import granted, offered, priced

NOW = datetime.fromisoformat("2035-03-05T12:00:00+00:00")
TODAY = NOW.date()
SOON, LATER = TODAY + timedelta(days=29), TODAY + timedelta(days=30)
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "preferred", "kind": "preferred"},
    {"key": "gold", "kind": "strategic", "offers": {"discount": "0.10"}},
]
EVERYBODY = ("acme", "au", "blocked", "brass", "none")


@pytest.fixture
def program(database: Database) -> Database:
    """A partner of each tier, one in none, and a blocked one; an offer for 100."""
    builders.accept(database, builders.a_policy(tiers=TIERS))
    with database.write() as session:
        for name, tier in (("acme", "preferred"), ("au", "gold"), ("brass", "bronze")):
            builders.a_partner(session, name, tier=tier)
        builders.a_partner(session, "none", tier=None)
        builders.a_partner(session, "blocked", tier="gold")
        block = {"kind": "block", "from_day": date(2030, 1, 1), "who": "Ann", "reason": "fraud"}
        session.add(OverrideRow(partner_id="blocked", **block))
        offered(session, "care", 100, visibility="public")
    return database


def ended(session: Session, day: date, **whose: Any) -> None:
    """The price that stands for these holds until the day before."""
    row = session.query(PriceRow).filter_by(offer_id="care", **whose).order_by(PriceRow.price_id)
    row.all()[-1].until_day = day - timedelta(days=1)
    session.flush()


def dearer(session: Session, day: date) -> dict[str, tuple[int, int]]:
    found = rises(session, "care", day, NOW, EVERYBODY)
    return {name: (int(one.before), int(one.after)) for name, one in found.items()}


def test_a_base_price_that_rises_concerns_who_pays_it_and_who_pays_a_share_of_it(
    program: Database,
) -> None:
    with program.write() as session:
        ended(session, LATER)
        row = priced(session, "care", 120, from_day=LATER)
        priced(session, "care", 80, partner_id="acme")
        assert dearer(session, LATER) == {"au": (90, 108), "brass": (100, 120), "none": (100, 120)}
        assert any_rise(session, row, LATER, NOW)


def test_a_price_that_falls_or_stays_concerns_nobody(program: Database) -> None:
    with program.write() as session:
        ended(session, SOON)
        row = priced(session, "care", 100, from_day=SOON)
        assert not any_rise(session, row, SOON, NOW)
        row.amount = Decimal(99)
        session.flush()
        assert (dearer(session, SOON), any_rise(session, row, SOON, NOW)) == ({}, False)
        refuse_too_soon(session, [(row, SOON)], NOW)


def test_the_end_of_an_own_price_is_a_rise_for_its_partner_alone(program: Database) -> None:
    with program.write() as session:
        row = priced(session, "care", 80, partner_id="acme")
        ended(session, LATER, partner_id="acme")
        assert dearer(session, LATER) == {"acme": (80, 100)}
        assert any_rise(session, row, LATER, NOW)


def test_a_tiers_own_price_that_takes_the_place_of_its_discount_may_be_dearer(
    program: Database,
) -> None:
    with program.write() as session:
        row = priced(session, "care", 95, tier="gold", from_day=LATER)
        assert dearer(session, LATER) == {"au": (90, 95)}
        assert any_rise(session, row, LATER, NOW)
        row.tier = "preferred"
        session.flush()
        assert (dearer(session, LATER), any_rise(session, row, LATER, NOW)) == ({}, False)


def test_rule_20_who_does_not_see_the_offer_is_not_concerned(program: Database) -> None:
    with program.write() as session:
        offer = offered(session, "secret", 50, visibility="selected")
        granted(session, "secret", "acme")
        granted(session, "secret", "au", from_day=LATER - timedelta(days=3))
        granted(session, "secret", "brass", revoked_at=NOW, revoked_by="Ann", revoked_because="-")
        session.query(PriceRow).filter_by(offer_id=offer.offer_id).one().until_day = SOON
        row = priced(session, "secret", 60, from_day=LATER)
        assert rises(session, "secret", LATER, NOW, EVERYBODY) == {
            "acme": Rise(Decimal("50.00"), Decimal("60.00"), "USD")
        }
        assert any_rise(session, row, LATER, NOW)


def test_a_price_where_there_was_none_is_no_rise(program: Database) -> None:
    with program.write() as session:
        offered(session, "new")
        row = priced(session, "new", 60, from_day=SOON)
        assert not any_rise(session, row, SOON, NOW)


def test_rule_21_a_rise_is_refused_before_partners_can_be_told_in_time(program: Database) -> None:
    with program.write() as session:
        ended(session, SOON)
        row = priced(session, "care", 120, from_day=SOON)
        with pytest.raises(PriceRisesTooSoon) as refused:
            refuse_too_soon(session, [(row, SOON)], NOW)
        assert dataclasses.asdict(refused.value) == {
            "offer_id": "care",
            "day": SOON,
            "notice_days": 30,
            "earliest": LATER,
        }
        row.from_day = LATER
        session.flush()
        refuse_too_soon(session, [(row, LATER)], NOW)


def test_notice_of_no_days_lets_a_price_rise_at_once(program: Database) -> None:
    with program.write() as session:
        policy = builders.a_policy(tiers=TIERS, program={"notice_days": 0})
        policies.publish(session, policy, "", NOW, "ann", TODAY, None)
        ended(session, TODAY)
        row = priced(session, "care", 120, from_day=TODAY)
        assert any_rise(session, row, TODAY, NOW)
        refuse_too_soon(session, [(row, TODAY)], NOW)


def test_a_price_stands_until_it_is_taken_back_or_moved(program: Database) -> None:
    with program.write() as session:
        row = priced(session, "care", 120, from_day=LATER, tier="gold")
        assert price_rises.stands(row, LATER)
        assert not price_rises.stands(row, SOON)
        row.until_day = LATER - timedelta(days=1)
        assert not price_rises.stands(row, LATER)
        row.until_day = LATER
        assert price_rises.stands(row, LATER)
        assert price_rises.stands(row, LATER + timedelta(days=1))
        assert not price_rises.stands(row, LATER + timedelta(days=2))


def test_looking_at_tiers_says_what_looking_at_everybody_says(program: Database) -> None:
    """Random prices of every level, by day."""
    random = Random(20301)
    seen = set()
    for number in range(60):
        with program.write() as session:
            offer_id = f"o{number}"
            offered(
                session, offer_id, visibility=random.choice(["public", "preferred", "selected"])
            )
            if random.random() < 0.5:
                granted(session, offer_id, random.choice(EVERYBODY))
            rows = []
            for whose in ({}, {"tier": "gold"}, {"partner_id": "acme"}):
                if whose and random.random() < 0.5:
                    continue
                cost = random.choice([80, 90, 100])
                priced(session, offer_id, cost, until_day=LATER - timedelta(days=1), **whose)
                cost = random.choice([80, 90, 100])
                rows.append(priced(session, offer_id, cost, from_day=LATER, **whose))
            for row in rows:
                ids = price_rises.concerned(session, row, "")
                expected = bool(rises(session, offer_id, LATER, NOW, ids))
                assert any_rise(session, row, LATER, NOW) == expected, (offer_id, row.level)
                seen.add((row.level, expected))
    assert len(seen) == 6
