"""What lists of offers cost: `python -m bench.offers [--partners N] [--offers N] [--runs N]`.

Of every partner the list of what they see and at which price, made as the program makes it, page
of partners by page. The floor is bare SQL that reads the same rows: of every partner each offer,
with the partner's grant and price of it where there are any, and the base price.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from bench.common import Row, finish, ratio, run_step, said, tell
from partners.domain.policy.policy import Policy
from partners.store.engine.database import Database
from partners.store.engine.migrate import upgrade
from partners.store.offers.offer_lists import lists
from partners.store.offers.offer_moment import Moment
from partners.store.policy import policies
from partners.store.tables.exclusive_tables import ExclusiveCodeRow, ExclusiveRow, ExclusiveStateRow
from partners.store.tables.offer_tables import (
    AreaPlaceRow,
    AreaRow,
    GrantRow,
    OfferRow,
    OfferStateRow,
    PriceRow,
)
from partners.store.tables.program_tables import PartnerRow

SINCE, NOW = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 6, 1, 12, tzinfo=UTC)
SERVICES, AREAS, CODES = 20, 10, 50
PAGE = 500
SAID = {"who": "bench", "reason": "bench"}
POLICY = Policy.model_validate(
    {
        "program": {
            "name": "P",
            "provider": "P",
            "time_zone": "UTC",
            "currency": "USD",
            "contact_email": "p@example.org",
        },
        "staff": {"emails": ["staff@example.org"]},
        "tiers": [
            {"key": "bronze", "kind": "public"},
            {"key": "gold", "kind": "preferred", "offers": {"discount": "0.1"}},
        ],
    }
)
FLOOR = text(
    "WITH o AS MATERIALIZED (SELECT offers.*, base.amount FROM offers"
    " LEFT JOIN prices base ON base.offer_id = offers.offer_id AND base.level = 'base')"
    " SELECT p.partner_id, p.tier, o.offer_id, o.status, o.visibility, o.opens_on, o.closes_on,"
    " o.amount, g.grant_id, own.amount AS own"
    " FROM partners p CROSS JOIN o"
    " LEFT JOIN grants g ON g.offer_id = o.offer_id AND g.partner_id = p.partner_id"
    " LEFT JOIN prices own ON own.offer_id = o.offer_id AND own.partner_id = p.partner_id"
    " WHERE p.partner_id BETWEEN :first AND :last"
)


def fill(url: str, partners: int, offers: int) -> None:
    """Three partners in ten have a grant or two, one in twenty a price of their own."""
    database = Database(url)
    upgrade(database)
    with database.write() as session:
        policies.accept(session, POLICY, "", SINCE, "bench")
        _fill_offers(session, offers)
        _fill_exclusives(session)
    for start in range(0, partners, 10_000):
        with database.write() as session:
            _fill_partners(session, range(start, min(start + 10_000, partners)), offers)
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
    database.close()


def _offer(number: int) -> str:
    return f"o{number:04}"


def _partner(number: int) -> str:
    return f"p{number:06}"


def _fill_offers(session: Session, count: int) -> None:
    rows: list[dict[str, Any]] = []
    states, prices = [], []
    for number in range(count):
        seen = ("public", "public", "public", "preferred", "preferred", "selected")[number % 6]
        stands = {"offer_id": _offer(number), "status": "active", "visibility": seen}
        about = {"service": f"s{number % SERVICES}", "name": "An offer", "description": ""}
        rows.append({**stands, **about})
        states.append({**stands, "at": SINCE, **SAID})
        prices.append(_price(number, None, number + 10))
    session.execute(insert(OfferRow), rows)
    session.execute(insert(OfferStateRow), states)
    session.execute(insert(PriceRow), prices)


def _price(offer: int, partner_id: str | None, amount: int) -> dict[str, Any]:
    return {
        "offer_id": _offer(offer),
        "level": "partner" if partner_id else "base",
        "partner_id": partner_id,
        "amount": amount,
        "currency": "USD",
        "from_day": date(2030, 1, 1),
        "set_at": SINCE,
        **SAID,
    }


def _fill_partners(session: Session, numbers: range, offers: int) -> None:
    rows, grants, prices = [], [], []
    for n in numbers:
        rows.append(
            {
                "partner_id": _partner(n),
                "name": "P",
                "email": "p@example.com",
                "kind": "reseller",
                "joined_on": date(2029, 1, 1),
                "tier": ("bronze", "gold")[n % 2],
            }
        )
        given = {"from_day": date(2030, 1, 1), "granted_at": SINCE, **SAID}
        for step in range(n % 10 // 4):
            offer = (6 * n + 5 + 6 * step) % offers
            grants.append({"partner_id": _partner(n), "offer_id": _offer(offer), **given})
        if n % 20 == 0:
            prices.append(_price(n % offers, _partner(n), 5))
    session.execute(insert(PartnerRow), rows)
    session.execute(insert(GrantRow), grants)
    session.execute(insert(PriceRow), prices)


def _fill_exclusives(session: Session) -> None:
    """On every service, one in every other area."""
    holder = {"partner_id": "holder", "name": "H", "email": "h@example.com", "kind": "reseller"}
    session.execute(insert(PartnerRow), [{**holder, "joined_on": date(2029, 1, 1)}])
    areas = [f"a{n}" for n in range(AREAS)]
    named = [{"area_code": a, "name": a, "added_at": SINCE, "added_by": "bench"} for a in areas]
    session.execute(insert(AreaRow), named)
    places = [{"area_code": a, "postal_code": f"{a}-{n}"} for a in areas for n in range(CODES)]
    session.execute(insert(AreaPlaceRow), places)
    terms = {
        **{"partner_id": "holder", "first_day": date(2030, 1, 1), "last_day": date(2030, 12, 31)},
        **{"minimum_orders": 0, "min_sample": 10, "period": "monthly", "cure_days": 30},
        **{"notice_days": 30, "renewal": "none", "max_holders": 1, "status": "active"},
        **{"policy_version": 1, "proposed_at": SINCE, "proposed_by": "bench", "revision": 1},
        **{"reason": "bench"},
    }
    held = [
        {"exclusive_id": f"{service}-{area}", "service": f"s{service}", "area_code": area, **terms}
        for service in range(SERVICES)
        for area in areas[::2]
    ]
    session.execute(insert(ExclusiveRow), held)
    stands = {"at": SINCE, "status": "active", **SAID}
    states = [{"exclusive_id": row["exclusive_id"], **stands} for row in held]
    session.execute(insert(ExclusiveStateRow), states)
    signed = [
        {"exclusive_id": row["exclusive_id"], "postal_code": f"{row['area_code']}-{n}"}
        for row in held
        for n in range(CODES)
    ]
    session.execute(insert(ExclusiveCodeRow), signed)


def _pages(session: Session) -> Iterator[list[str]]:
    after, row = "p", PartnerRow
    query = select(row.partner_id).where(row.partner_id.startswith("p")).order_by(row.partner_id)
    while page := list(session.scalars(query.where(row.partner_id > after).limit(PAGE))):
        yield page
        after = page[-1]


def listed(url: str) -> dict[str, object]:
    """The program's lists."""
    database, seen, with_price = Database(url), 0, 0
    with database.read() as session:
        when = Moment(NOW, NOW.date(), POLICY)
        for page in _pages(session):
            for _, answers in lists(session, page, when):
                seen += len(answers)
                with_price += sum(answer.price is not None for answer in answers)
    return {"seen": seen, "with_price": with_price}


def read(url: str) -> dict[str, object]:
    """Bare SQL."""
    database, rows = Database(url), 0
    with database.read() as session:
        for page in _pages(session):
            found = session.connection().execute(FLOOR, {"first": page[0], "last": page[-1]})
            rows += len(found.all())
    return {"rows": rows}


STEPS: dict[str, Callable[[str], dict[str, object]]] = {"lists": listed, "floor": read}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partners", type=int, default=100_000)
    parser.add_argument("--offers", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", help="An empty database; default: SQLite in a temporary folder.")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        tell(lambda: STEPS[given.step](os.environ["BENCH_URL"]))
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-offers-") as folder:
        os.environ["BENCH_URL"] = url = given.url or f"sqlite:///{Path(folder) / 'offers.db'}"
        with said(f"{given.partners:,} partners, {given.offers:,} offers"):
            fill(url, given.partners, given.offers)
        runs = [(run_step("bench.offers", "floor"), run_step("bench.offers", "lists"))
                for _ in range(given.runs)]  # fmt: skip
    floors, ours = zip(*runs, strict=True)
    remark = (
        f"{ours[0].seconds:.1f} s, {ours[0].told['seen']:,} seen; floor {floors[0].seconds:.1f} s"
    )
    memory = max(run.peak_mb for run in ours)
    return finish(
        [
            Row("a list of offers for every partner", ratio(ours, floors), 3.0, remark=remark),
            Row("… memory", memory, 150, "MB"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
