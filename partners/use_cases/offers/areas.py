"""Areas: postal codes under one name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from partners.domain.offers.places import is_postal_code, postal_code
from partners.errors import Refusal
from partners.store.offers import areas
from partners.store.record import recorder
from partners.store.tables.offer_tables import AreaRow
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.copying import copied
from partners.use_cases.refusals import not_blank

AREA_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


@dataclass(eq=False)
class AreaExists(Refusal):
    """The code is another area's."""

    says = "there is an area {area_code!r} already: {name}"

    area_code: str
    name: str


@dataclass(eq=False)
class UnfitArea(Refusal):
    """What is given for an area cannot be one. `why`: what is wrong, and what to write."""

    says = "{why}"

    why: str


@dataclass(frozen=True)
class Area:
    """An area as lists show it."""

    area_code: str
    name: str
    places: int
    places_sha256: str
    added_at: datetime
    added_by: str


@dataclass(frozen=True)
class AreaPage:
    """An area with all its postal codes, in order."""

    area: Area
    postal_codes: tuple[str, ...]


def add(by: Manager, area_code: str, name: str, postal_codes: Sequence[str]) -> Area:
    """A new area; `postal_codes` as people write them. Raises AreaExists, UnfitArea."""
    not_blank(name=name, by=by.name)
    codes = _codes(postal_codes)
    if not AREA_CODE.fullmatch(area_code):
        raise UnfitArea(
            f"{area_code!r} is no code of an area: write 1 to 64 letters, digits, points, dashes "
            "or underscores"
        )
    with by.database.write() as session:
        recorder.sign(session, by.name, by.now())
        if (known := session.get(AreaRow, area_code)) is not None:
            raise AreaExists(area_code, known.name)
        row = areas.add(session, area_code, name.strip(), codes, by.now(), by.name)
        return copied(Area, row)


def _codes(given: Sequence[str]) -> list[str]:
    codes = [code for text in given if (code := postal_code(text))]
    if not codes:
        raise UnfitArea("name at least one postal code")
    seen: set[str] = set()
    for code in codes:
        if not is_postal_code(code):
            raise UnfitArea(f"{code!r} is no postal code: those are 1 to 16 letters and digits")
        if code in seen:
            raise UnfitArea(f"postal code {code!r} stands twice; delete one")
        seen.add(code)
    return codes


def list_areas(by: Viewer) -> Iterator[Area]:
    """All of them by code, read while they are taken."""
    with by.database.read() as session:
        yield from (copied(Area, row) for row in areas.listed(session))


def show_area(by: Viewer, area_code: str) -> AreaPage:
    """One, with all its postal codes. Raises UnknownArea."""
    with by.database.read() as session:
        row = areas.known_area(session, area_code)
        return AreaPage(copied(Area, row), tuple(sorted(areas.codes_of(session, area_code))))
