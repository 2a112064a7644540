"""Random programs full of offers, and a naive reading of rules 20 and 21 to hold answers against.

The reading knows nothing of the program's code: it goes through the lines of one program, one
after the other, in the words of docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.orm import Session

from partners.domain.policy.policy import Policy
from partners.store.tables.base import Base
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.exclusive_tables import (
    ExclusiveCodeRow,
    ExclusiveRow,
    ExclusiveStateRow,
)
from partners.store.tables.offer_tables import (
    AreaPlaceRow,
    AreaRow,
    GrantRow,
    OfferRow,
    OfferStateRow,
    PriceRow,
    WindowRow,
)
from partners.store.tables.program_tables import PartnerRow
from tests import builders

ZONE = ZoneInfo("America/New_York")
FIRST = date(2030, 3, 24)
A_QUARTER = timedelta(hours=6)
"""Moments are quarters of days and days are few, so that edges meet."""
NOW = datetime(2030, 4, 1, 2, 30, tzinfo=UTC)  # still the day before in New York
TIERS = ("bronze", "silver", "gold")
CODES = ("10001", "10002", "10003", "10004")
Row = dict[str, Any]


def random_policy(random: Random) -> Policy:
    """Three tiers, of kinds and with terms as they come."""
    kinds = ["public", random.choice(["public", "preferred"]), "strategic"]
    return builders.a_policy(
        program={"time_zone": str(ZONE), "currency": random.choice(["EUR", "EUR", "JPY"])},
        tiers=[
            {"key": key, "kind": kind, "offers": _terms(random)}
            for key, kind in zip(TIERS, kinds, strict=True)
        ],
    )


def _terms(random: Random) -> Row:
    terms: Row = {"early_access_days": random.choice([0, 0, 1, 3])}
    if random.random() < 0.5:
        terms["discount"] = random.choice(["0.1", "0.125", "0.333"])
    return terms


@dataclass
class Program:
    """The rows of one program, each a dictionary by its columns."""

    partners: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    areas: dict[str, set[str]] = field(default_factory=dict)
    offers: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    grants: list[Row] = field(default_factory=list)
    prices: list[Row] = field(default_factory=list)
    windows: list[Row] = field(default_factory=list)
    exclusives: list[Row] = field(default_factory=list)
    exclusive_states: list[Row] = field(default_factory=list)


def random_program(random: Random, name: str) -> Program:
    """Two partners, three offers of two services, and whatever stands about them."""
    program = Program()
    for area in ("a", "b"):
        program.areas[f"{name}-{area}"] = {c for c in CODES if random.random() < 0.5}
    areas = [None, None, *program.areas]
    for number in range(2):
        _add_partner(program, random, f"{name}-p{number}")
    for number in range(3):
        service = f"{name}-s{number % 2}"
        _add_offer(program, random, f"{name}-o{number}", service, random.choice(areas))
    for number in range(random.choice([0, 1, 1, 2])):
        _add_exclusive(program, random, f"{name}-x{number}", name, random.choice(areas))
    return program


def _day(random: Random) -> date:
    return FIRST + timedelta(days=random.randrange(14))


def _days(random: Random, *, open_end: bool = True) -> tuple[date, date | None]:
    first = _day(random)
    if open_end and random.random() < 0.4:
        return first, None
    return first, first + timedelta(days=random.randrange(8))


def _before_now(random: Random) -> datetime:
    return NOW - A_QUARTER * random.randrange(32)


def _add_partner(program: Program, random: Random, partner_id: str) -> None:
    tier = random.choice([None, *TIERS])
    program.partners.append({"partner_id": partner_id, "tier": tier})
    if random.random() < 0.7:
        before = random.choice([None, *TIERS])
        change = {"partner_id": partner_id, "from_tier": before, "to_tier": tier}
        program.changes.append({**change, "changed_at": _before_now(random)})
    if random.random() < 0.1:
        _override(program, random, partner_id, "block", [])


def _override(
    program: Program, random: Random, partner_id: str, kind: str, offers: Sequence[str]
) -> None:
    first, last = _days(random)
    row = {"partner_id": partner_id, "kind": kind, "offers": list(offers)}
    program.overrides.append({**row, "from_day": first, "until_day": last})


def _add_offer(
    program: Program, random: Random, offer_id: str, service: str, area: str | None
) -> None:
    seen: Row = {}
    for at in sorted(_before_now(random) for _ in range(random.choice([1, 1, 2, 3]))):
        status = random.choice(["active"] * 9 + ["draft", "paused", "retired"])
        seen = {"status": status, "visibility": random.choice(["public", "preferred", "selected"])}
        program.states.append({"offer_id": offer_id, "at": at, **seen})
    opens, closes = _days(random) if random.random() < 0.5 else (None, None)
    program.offers.append(
        {
            "offer_id": offer_id,
            "service": service,
            "area_code": area,
            "opens_on": opens,
            "closes_on": closes,
            **seen,
        }
    )
    for partner in program.partners:
        _add_own(program, random, offer_id, partner["partner_id"])
    levels: list[tuple[str, str | None, str | None]] = [("base", None, None)] * 2
    levels += [("tier", None, tier) for tier in TIERS if random.random() < 0.6]
    for level, partner_id, tier in levels[random.choice([0, 1]) :]:
        _add_prices(program, random, offer_id, level, partner_id, tier)
    for tier in TIERS:
        if random.random() < 0.15:
            first = _day(random)
            orderable = first + timedelta(days=random.randrange(4))
            days = {"visible_from": first, "orderable_from": orderable}
            program.windows.append({"offer_id": offer_id, "tier": tier, **days})


def _add_own(program: Program, random: Random, offer_id: str, partner_id: str) -> None:
    if random.random() < 0.4:
        first, last = _days(random)
        given = _before_now(random)
        revoked = given + A_QUARTER * random.randrange(1, 20) if random.random() < 0.5 else None
        revoked = revoked if revoked and revoked <= NOW else None
        row = {"offer_id": offer_id, "partner_id": partner_id, "from_day": first, "until_day": last}
        program.grants.append({**row, "granted_at": given, "revoked_at": revoked})
    if random.random() < 0.6:
        _add_prices(program, random, offer_id, "partner", partner_id, None)
    if random.random() < 0.1:
        _override(program, random, partner_id, "offers", [offer_id, "another"])


def _add_prices(
    program: Program,
    random: Random,
    offer_id: str,
    level: str,
    partner_id: str | None,
    tier: str | None,
) -> None:
    """Up to two prices of a level, of days apart from those before."""
    mine = [p for p in program.prices if _whose(p) == (offer_id, level, partner_id, tier)]
    begin = max((p["until_day"] for p in mine), default=FIRST - timedelta(days=1))
    for _ in range(random.choice([1, 2])):
        first = begin + timedelta(days=1 + random.randrange(5))
        begin = first + timedelta(days=random.randrange(12))
        by_amount = level == "base" or random.random() < 0.5
        program.prices.append(
            {
                "offer_id": offer_id,
                "level": level,
                "partner_id": partner_id,
                "tier": tier,
                "amount": Decimal(random.randrange(1, 99_999)) / 1000 if by_amount else None,
                "discount": None if by_amount else Decimal(random.randrange(1, 999)) / 1000,
                "currency": random.choice(["EUR", "EUR", "JPY"]),
                "from_day": first,
                "until_day": begin,
                "set_at": _before_now(random),
            }
        )


def _whose(price: Row) -> tuple[str, str, str | None, str | None]:
    return price["offer_id"], price["level"], price["partner_id"], price["tier"]


def _add_exclusive(
    program: Program, random: Random, exclusive_id: str, name: str, area: str | None
) -> None:
    first, last = _days(random, open_end=False)
    status = ""
    for at in sorted(_before_now(random) for _ in range(random.choice([1, 2]))):
        status = random.choice(["active"] * 4 + ["announced", "suspended", "non_exclusive"])
        program.exclusive_states.append({"exclusive_id": exclusive_id, "at": at, "status": status})
    program.exclusives.append(
        {
            "exclusive_id": exclusive_id,
            "partner_id": random.choice(program.partners)["partner_id"],
            "service": f"{name}-s{random.randrange(2)}",
            "area_code": area,
            "first_day": first,
            "last_day": last,
            "status": status,
        }
    )


# ---- into a database ----


def store(session: Session, programs: Iterable[Program]) -> None:
    """Write programs as plain rows, past the record of who did what."""
    said = {"who": "Ann", "reason": "as it came"}
    rows: dict[type[Base], list[Row]] = {}

    def add(table: type[Base], found: Iterable[Row], **constant: Any) -> None:
        rows.setdefault(table, []).extend({**constant, **row} for row in found)

    for program in programs:
        add(PartnerRow, program.partners, name="P", email="p@example.com", kind="reseller",
            joined_on=FIRST)  # fmt: skip
        keyed = [{"key": f"{c['partner_id']}/1", **c} for c in program.changes]
        add(TierChangeRow, keyed, actor="Ann", reason="as it came")
        add(OverrideRow, program.overrides, **said)
        named = [{"area_code": code, "name": code} for code in program.areas]
        add(AreaRow, named, added_at=NOW, added_by="Ann")
        for area, codes in program.areas.items():
            add(AreaPlaceRow, [{"area_code": area, "postal_code": code} for code in codes])
        add(OfferRow, program.offers, name="An offer", description="")
        add(OfferStateRow, program.states, **said)
        add(GrantRow, program.grants, **said)
        add(PriceRow, program.prices, **said)
        add(WindowRow, program.windows)
        add(ExclusiveRow, program.exclusives, minimum_orders=0, min_sample=10, period="monthly",
            cure_days=30, notice_days=30, renewal="none", max_holders=1, policy_version=1,
            proposed_at=NOW, proposed_by="Ann", reason="as it came", revision=1)  # fmt: skip
        add(ExclusiveStateRow, program.exclusive_states, **said)
        for row in program.exclusives:
            codes = program.areas.get(row["area_code"], ())
            signed = row["exclusive_id"]
            add(ExclusiveCodeRow, [{"exclusive_id": signed, "postal_code": c} for c in codes])
    for table, found in rows.items():
        if found:
            session.execute(insert(table), found)


# ---- the naive reading ----


@dataclass(frozen=True)
class Expected:
    visible: bool
    orderable: bool
    price: Decimal | None
    level: str | None


def expected(
    program: Program,
    partner_id: str,
    offer: Row,
    at: datetime,
    place: frozenset[str] | None,
    policy: Policy,
) -> Expected | None:
    """What the rules say; None: there was no such offer yet."""
    day = at.astimezone(ZONE).date()
    states = [s for s in program.states if s["offer_id"] == offer["offer_id"] and s["at"] <= at]
    if not states:
        return None
    state = states[-1]
    tier = _tier(program, partner_id, at)
    terms = next((t for t in policy.tiers if t.key == tier), None)
    early = terms.offers.early_access_days if terms else 0

    visible = state["status"] in ("active", "paused")
    visible &= offer["closes_on"] is None or day <= offer["closes_on"]
    for override in program.overrides:
        if override["partner_id"] == partner_id and _on(override, "from_day", "until_day", day):
            visible &= override["kind"] != "block" and offer["offer_id"] not in override["offers"]
    visible &= (
        state["visibility"] == "public"
        or _granted(program, partner_id, offer, at, day)
        or (state["visibility"] == "preferred" and terms is not None and terms.kind != "public")
    )
    window = next((w for w in program.windows if w["offer_id"] == offer["offer_id"]
                   and w["tier"] == tier), None)  # fmt: skip
    opens = offer["opens_on"] and offer["opens_on"] - timedelta(days=early)
    seen_from = window["visible_from"] if window else opens
    ordered_from = window["orderable_from"] if window else opens
    visible &= seen_from is None or seen_from <= day

    orderable = visible and state["status"] == "active"
    orderable &= ordered_from is None or ordered_from <= day
    area = offer["area_code"]
    orderable &= area is None or place is None or place <= program.areas[area]
    orderable &= not _held(program, partner_id, offer["service"], at, day, place)
    if not visible:
        return Expected(False, False, None, None)
    price, level = _price(program, partner_id, offer, at, day, policy, tier)
    return Expected(visible, orderable, price, level)


def _on(row: Row, first: str, last: str, day: date) -> bool:
    return row[first] <= day and (row[last] is None or day <= row[last])


def _tier(program: Program, partner_id: str, at: datetime) -> str | None:
    tier = next(p["tier"] for p in program.partners if p["partner_id"] == partner_id)
    for change in program.changes:
        if change["partner_id"] == partner_id and change["changed_at"] > at:
            return change["from_tier"]  # type: ignore[no-any-return]
    return tier  # type: ignore[no-any-return]


def _granted(program: Program, partner_id: str, offer: Row, at: datetime, day: date) -> bool:
    return any(
        grant["partner_id"] == partner_id
        and grant["offer_id"] == offer["offer_id"]
        and _on(grant, "from_day", "until_day", day)
        and grant["granted_at"] <= at
        and (grant["revoked_at"] is None or at < grant["revoked_at"])
        for grant in program.grants
    )


def _held(
    program: Program,
    partner_id: str,
    service: str,
    at: datetime,
    day: date,
    place: frozenset[str] | None,
) -> bool:
    """Whether somebody else's exclusive is in the way, and none of the partner's own is there."""
    in_the_way = False
    for exclusive in program.exclusives:
        states = [s for s in program.exclusive_states
                  if s["exclusive_id"] == exclusive["exclusive_id"] and s["at"] <= at]  # fmt: skip
        if not states or exclusive["service"] != service:
            continue
        active = states[-1]["status"] == "active"
        active |= at > NOW and states[-1]["status"] == "announced"
        if not active or not exclusive["first_day"] <= day <= exclusive["last_day"]:
            continue
        area = exclusive["area_code"]
        codes = None if area is None else program.areas[area]
        if exclusive["partner_id"] == partner_id:
            if codes is None or (place is not None and place <= codes):
                return False
        elif codes is None or (place is not None and place & codes):
            in_the_way = True
    return in_the_way


def _price(
    program: Program,
    partner_id: str,
    offer: Row,
    at: datetime,
    day: date,
    policy: Policy,
    tier: str | None,
) -> tuple[Decimal | None, str | None]:
    currency = policy.program.currency
    valid = [
        price
        for price in program.prices
        if price["offer_id"] == offer["offer_id"]
        and price["currency"] == currency
        and price["set_at"] <= at
        and _on(price, "from_day", "until_day", day)
    ]
    base = next((p["amount"] for p in valid if p["level"] == "base"), None)
    for level, key, whose in (("partner", "partner_id", partner_id), ("tier", "tier", tier)):
        for price in valid:
            if price["level"] == level and price[key] == whose:
                if price["amount"] is not None:
                    return _paid(price["amount"], currency), level
                if base is not None:
                    return _paid(base - base * price["discount"], currency), level
    terms = next((t for t in policy.tiers if t.key == tier), None)
    if base is None:
        return None, None
    if terms is not None and terms.offers.discount is not None:
        return _paid(base - base * terms.offers.discount, currency), "tier"
    return _paid(base, currency), "base"


def _paid(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal("0.01") if currency == "EUR" else Decimal(1), ROUND_HALF_UP)
