"""What a holder sold, day by day: the days add up to what the figures of an exclusive say."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.orm import Session

from partners.domain.exclusives.exclusive_minimum import Sold
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive_figures import Subject
from partners.store.engine.database import Database
from partners.store.exclusives.holder_orders import sold_by_day
from partners.store.offers.exclusive_orders import exclusive_figures
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.feed_tables import OrderRow
from tests import builders

BERLIN = ZoneInfo("Europe/Berlin")
CODES = ("10115", "10117", "SW1A 1AA")
STATUSES = ("placed", "accepted", "rejected", "completed", "completed", "cancelled", "failed")
DAYS = DayRange(date(2035, 3, 10), date(2035, 4, 20))  # clocks go forward on 25 March


def some_orders(session: Session, dice: random.Random) -> None:
    """Orders around those days, of two partners, two services, and places that are named or not."""
    start = datetime(2035, 2, 20, tzinfo=UTC)
    rows = []
    for number in range(300):
        placed = start + timedelta(minutes=dice.randrange(75 * 24 * 60))
        ended = placed + timedelta(hours=dice.randrange(20 * 24))
        months = [at.astimezone(BERLIN) for at in (placed, ended)]
        rows.append(
            {
                "order_id": f"o{number}",
                "partner_id": dice.choice(["acme", "birch"]),
                "placed_at": int(placed.timestamp()),
                "placed_month": months[0].year * 100 + months[0].month,
                "status": dice.choice(STATUSES),
                "outcome_at": int(ended.timestamp()),
                "outcome_month": months[1].year * 100 + months[1].month,
                "known_at": int(ended.timestamp()),
                "service": dice.choice(["windows", "floors", None]),
                "offer_id": dice.choice(["w-1", None]),
                "postal_code": dice.choice([*CODES, None]),
                "excluded_reason": dice.choice([None, None, None, "outage"]),
            }
        )
    session.execute(insert(OrderRow), rows)


def test_days_add_up_to_the_figures_of_an_exclusive(database: Database) -> None:
    """Where those leave excluded orders out, these count them as placed: they were sold."""
    dice = random.Random(7)
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "birch")
        builders.an_offer(session, "w-1", service="windows")
        builders.an_area(session, "north", *CODES[:2])
        builders.an_exclusive(session, "x1", "acme", service="windows", area_code="north")
        builders.an_exclusive(session, "x2", "birch", service="floors")
        some_orders(session, dice)
    with database.read() as session:
        for name, codes in (("x1", frozenset(CODES[:2])), ("x2", None)):
            row = session.get_one(ExclusiveRow, name)
            by_day = sold_by_day(session, row, DAYS, BERLIN)
            found = reduce(Sold.__add__, by_day.values(), Sold())
            subject = Subject(row.partner_id, row.service, codes=codes)
            said = exclusive_figures(session, subject, *DAYS, BERLIN)
            assert min(by_day) >= DAYS.first
            assert max(by_day) <= DAYS.last
            assert found.placed > 10
            assert found == (said.placed + said.excluded, said.completed, said.concluded)
