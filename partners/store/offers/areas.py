"""Areas as they are stored: postal codes under one name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from partners.domain.offers.places import digest_of_codes
from partners.errors import Refusal
from partners.store.tables.offer_tables import AreaPlaceRow, AreaRow

_NEAR = 3


@dataclass(eq=False)
class UnknownArea(Refusal):
    """No area has this code."""

    area_code: str
    areas: tuple[str, ...] = ()  # a few that there are

    def __str__(self) -> str:
        there = f"; there are {', '.join(self.areas)} …" if self.areas else "; there is none yet"
        return f"unknown area {self.area_code!r}{there}"


def known_area(session: Session, area_code: str) -> AreaRow:
    """The area. Raises UnknownArea if there is none."""
    row = session.get(AreaRow, area_code)
    if row is None:
        some = select(AreaRow.area_code).order_by(AreaRow.area_code).limit(_NEAR)
        raise UnknownArea(area_code, tuple(session.scalars(some)))
    return row


def codes_of(session: Session, area_code: str) -> frozenset[str]:
    """The postal codes of an area as it is now."""
    row = AreaPlaceRow
    return frozenset(session.scalars(select(row.postal_code).where(row.area_code == area_code)))


def add(
    session: Session, area_code: str, name: str, codes: Collection[str], at: datetime, who: str
) -> AreaRow:
    """A new area. `codes` as `domain.offers.places.postal_code` writes them."""
    row = AreaRow(area_code=area_code, name=name, added_at=at, added_by=who)
    session.add(row)
    session.flush()
    add_codes(session, row, codes)
    return row


def add_codes(session: Session, row: AreaRow, codes: Collection[str]) -> int:
    """Postal codes more; returns how many are new. Exclusives keep those they were signed with."""
    known = codes_of(session, row.area_code)
    new = set(codes) - known
    if new:
        rows = [{"area_code": row.area_code, "postal_code": code} for code in sorted(new)]
        session.execute(insert(AreaPlaceRow), rows)
    everything = known | new
    row.places, row.places_sha256 = len(everything), digest_of_codes(everything)
    session.flush()
    return len(new)


def listed(session: Session) -> Iterator[AreaRow]:
    """All of them by code, read while they are taken."""
    query = select(AreaRow).order_by(AreaRow.area_code)
    yield from session.scalars(query.execution_options(yield_per=500))
