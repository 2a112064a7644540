"""Who signs first holds the place, however many try at once (rule 22)."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import NoReturn

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from partners.domain.offers.exclusive import ExclusiveStatus, Terms
from partners.errors import Refusal, SetupError
from partners.store.engine.database import Database
from partners.store.offers.holding import exclusive_places
from partners.store.offers.holding.exclusives import Draft
from partners.store.tables.exclusive_tables import ExclusivePlaceRow, ExclusiveRow
from partners.store.tables.offer_tables import GrantRow
from partners.use_cases.acting import Face, Manager, Program
from partners.use_cases.offers import exclusive_proposals, exclusives
from tests import builders

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
THREADS = 20


async def no_server() -> NoReturn:
    raise SetupError("no server answers")


@pytest.fixture
def ann(database: Database) -> Manager:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.an_area(session, "berlin", *(f"{code}" for code in range(10115, 10140)))
        builders.an_area(session, "mitte", "10117", "10120")
        builders.an_offer(session, "hotline-1", service="hotline")
    return Manager(Program(database, lambda: NOW, no_server), "Ann", Face.API)


def proposed(ann: Manager, number: int, holders: int = 1) -> str:
    """In turn for an area, a part of it, or everywhere; each from another day on."""
    who, area = f"p{number}", (None, "berlin", "mitte")[number % 3]
    with ann.database.write() as session:
        builders.a_partner(session, who)
    terms = Terms(date(2027, 1, 1 + number % 20), date(2027, 12, 31), max_holders=holders)
    draft = Draft(who, "hotline", terms, "hotline-1", area)
    return exclusive_proposals.propose(ann, draft, "agreed").exclusive.exclusive_id


def all_at_once(ann: Manager, ids: list[str]) -> list[str]:
    """Sign all of them, by threads that begin together; those that were signed, and what refused
    the others, unless that they overlap."""
    start = threading.Barrier(min(THREADS, len(ids)))

    def sign(exclusive_id: str) -> str:
        if ids.index(exclusive_id) < THREADS:
            start.wait()
        try:
            asyncio.run(exclusives.sign(ann, exclusive_id, "signed by both"))
        except Refusal as refusal:
            return refusal.code
        return exclusive_id

    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(sign, ids))
    return [one for one in found if one != "exclusives_overlap"]


@pytest.mark.parametrize("number", [24, pytest.param(200, marks=pytest.mark.slow)])
def test_rule_22_of_overlapping_exclusives_signed_at_once_exactly_one_holds(
    ann: Manager, database: Database, number: int
) -> None:
    ids = [proposed(ann, one) for one in range(number)]
    (signed,) = all_at_once(ann, ids)
    with database.read() as session:
        announced = select(ExclusiveRow.exclusive_id).where(
            ExclusiveRow.status == ExclusiveStatus.ANNOUNCED
        )
        assert session.scalars(announced).all() == [signed]
        assert set(session.scalars(select(ExclusivePlaceRow.exclusive_id))) == {signed}
        assert session.scalars(select(GrantRow.exclusive_id)).all() == [signed]


def test_rule_22_of_those_who_may_share_a_place_just_so_many_hold_it(
    ann: Manager, database: Database
) -> None:
    ids = [proposed(ann, 3 * one + 1, holders=3) for one in range(12)]
    assert len(all_at_once(ann, ids)) == 3


def test_rule_22_postgresql_refuses_by_itself_what_is_written_past_the_turn(
    ann: Manager, database: Database
) -> None:
    """SQLite has no such constraint: there, nobody else writes meanwhile."""
    if database.is_sqlite:
        pytest.skip("compared while nobody else writes")
    first, second = (proposed(ann, number) for number in (1, 2))
    asyncio.run(exclusives.sign(ann, first, "signed by both"))
    with database.read() as session:
        held = session.execute(select(ExclusivePlaceRow.__table__).limit(3)).mappings().all()
    for one in held:
        values = dict(one) | {"exclusive_id": second}
        del values["piece_id"]
        with pytest.raises(IntegrityError), database.write() as session:
            session.execute(insert(ExclusivePlaceRow), [values])
        apart = values | {"first_day": date(2029, 1, 1), "last_day": date(2029, 1, 1)}
        with database.write() as session:
            session.execute(insert(ExclusivePlaceRow), [apart])
    everywhere = {"place_from": 0, "place_until": 2**31 - 2, "seat_from": 0, "seat_until": 0}
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(insert(ExclusivePlaceRow), [values | everywhere])


def test_a_large_area_is_held_code_by_code(ann: Manager, database: Database) -> None:
    codes = [f"{code}" for code in range(20_000, 22_500)]
    with database.write() as session:
        builders.an_area(session, "land", *codes)
        builders.a_partner(session, "acme")
        builders.a_partner(session, "zenith")
    terms = Terms(date(2027, 1, 1), date(2027, 12, 31))
    first, second = (
        exclusive_proposals.propose(ann, Draft(who, "hotline", terms, None, area), "agreed")
        for who, area in (("acme", "land"), ("zenith", None))
    )
    asyncio.run(exclusives.sign(ann, first.exclusive.exclusive_id, "signed"))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ExclusivePlaceRow)) == 2_500
    with pytest.raises(Refusal, match=r"20000, 20001, 20002 and 2,497 more postal codes"):
        exclusives.preview_signing(ann, second.exclusive.exclusive_id, "signed")
    with database.write() as session:
        exclusive_places.free(session, first.exclusive.exclusive_id)
    exclusives.preview_signing(ann, second.exclusive.exclusive_id, "signed")
