"""Lists of SQL, lists of many and single answers say what a naive reading of the rules says.

`PROGRAMS` is how many random programs are tried, `PROGRAMS_SEED` which.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.access import Access, access
from partners.domain.policy.policy import Policy
from partners.store.engine.database import Database
from partners.store.offers.buyers import buyers
from partners.store.offers.offer_facts import offers
from partners.store.offers.offer_lists import lists, orderable, visible
from partners.store.offers.offer_moment import Moment
from partners.store.tables.offer_tables import OfferRow
from tests import builders
from tests.store.offers.random_offers import (
    A_QUARTER,
    CODES,
    NOW,
    ZONE,
    Expected,
    Program,
    expected,
    random_policy,
    random_program,
    store,
)

SEED = int(os.environ.get("PROGRAMS_SEED", "20301"))
AT_ONCE = 50
"""Programs of one policy, side by side in one database."""


def _check_programs(database: Database, count: int) -> int:
    """How many answers were compared."""
    random, compared = Random(SEED), 0
    builders.accept(database, builders.a_policy())
    for start in range(0, count, AT_ONCE):
        names = [f"n{start + number}" for number in range(AT_ONCE)]
        programs = {name: random_program(random, name) for name in names}
        with database.write() as session:
            store(session, programs.values())
        policy = random_policy(random)
        with database.read() as session:
            compared += _check(session, programs, random, policy)
    return compared


def test_rule_20_lists_and_answers_agree_with_a_naive_reading(database: Database) -> None:
    assert _check_programs(database, 200) > 3000


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_rule_20_lists_and_answers_agree_in_ten_thousand_programs(database: Database) -> None:
    count = int(os.environ.get("PROGRAMS", "10000"))
    assert _check_programs(database, count) > 15 * count


def _check(session: Session, programs: dict[str, Program], random: Random, policy: Policy) -> int:
    compared = 0
    moved = A_QUARTER * random.randrange(-32, 24)
    for at in (NOW, NOW + moved):
        when = Moment(at, at.astimezone(ZONE).date(), policy, planned=at > NOW)
        place = random.choice([None, frozenset(random.sample(CODES, random.choice([1, 1, 2])))])
        for name, partner_id, answers in _asked(session, programs, when, place):
            found = {answer.offer_id: _said(answer) for answer in answers}
            assert found == _expected(programs[name], partner_id, at, place, policy)
            compared += len(found)
    compared += _check_lists(session, programs, random, policy)
    return compared


def _asked(
    session: Session,
    programs: dict[str, Program],
    when: Moment,
    place: frozenset[str] | None,
) -> Iterator[tuple[str, str, list[Access]]]:
    """Every partner of every program, about the offers of that program."""
    ids = [p["partner_id"] for program in programs.values() for p in program.partners]
    theirs = buyers(session, ids, when)
    everything = offers(session, when, ids, _offer_ids(programs))
    for name, program in programs.items():
        own = [offer for offer in everything if offer.offer_id.startswith(f"{name}-")]
        for partner in program.partners:
            buyer = theirs[partner["partner_id"]]
            yield name, buyer.partner_id, [access(buyer, o, place, when.day) for o in own]


def _check_lists(
    session: Session, programs: dict[str, Program], random: Random, policy: Policy
) -> int:
    """Of now: what SQL lists, and the lists of many partners at once."""
    compared = 0
    when = Moment(NOW, NOW.astimezone(ZONE).date(), policy)
    ids = [p["partner_id"] for program in programs.values() for p in program.partners]
    theirs, many = buyers(session, ids, when), dict(lists(session, ids, when))
    for name, program in programs.items():
        place = random.choice([None, frozenset(random.sample(CODES, random.choice([1, 1, 3])))])
        for partner in program.partners:
            buyer = theirs[partner["partner_id"]]
            wanted = _expected(program, buyer.partner_id, NOW, place, policy)
            seen = {offer for offer, answer in wanted.items() if answer.visible}
            ordered = {offer for offer, answer in wanted.items() if answer.orderable}
            row = OfferRow
            query = select(row.offer_id).where(
                row.offer_id.in_([o["offer_id"] for o in program.offers])
            )
            assert set(session.scalars(query.where(visible(buyer, when)))) == seen
            found = set(session.scalars(query.where(orderable(buyer, when, place))))
            assert found == ordered
            everywhere = _expected(program, buyer.partner_id, NOW, None, policy)
            listed = [a for a in many[buyer.partner_id] if a.offer_id.startswith(f"{name}-")]
            assert {a.offer_id: _said(a) for a in listed} == {
                offer: answer for offer, answer in everywhere.items() if answer.visible
            }
            compared += len(wanted)
    return compared


def _offer_ids(programs: dict[str, Program]) -> list[str]:
    return [offer["offer_id"] for program in programs.values() for offer in program.offers]


def _expected(
    program: Program,
    partner_id: str,
    at: datetime,
    place: frozenset[str] | None,
    policy: Policy,
) -> dict[str, Expected]:
    found = {
        offer["offer_id"]: expected(program, partner_id, offer, at, place, policy)
        for offer in program.offers
    }
    return {offer: answer for offer, answer in found.items() if answer is not None}


def _said(answer: Access) -> Expected:
    level = answer.price_level.value if answer.price_level else None
    return Expected(answer.visible, answer.orderable, answer.price, level)
