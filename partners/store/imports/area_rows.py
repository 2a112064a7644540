"""Import of areas: a row for each postal code. It adds, and takes none away."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.places import is_postal_code, postal_code
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.batches import all_of_it, pages
from partners.store.imports.reading.fields import RowRejected, check_length, check_text, quoted
from partners.store.imports.reading.source import Columns, Source
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.offers import areas
from partners.store.record.recorder import sign
from partners.store.tables.offer_tables import AreaRow

COLUMNS = Columns(required=("area_code", "name", "postal_code"), optional=())
_AREA_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class ImportedPlace(NamedTuple):
    """A row of the file: a postal code of an area. `name` "": as the area is called already."""

    area_code: str
    name: str
    postal_code: str

    @property
    def key(self) -> tuple[str, str]:
        return self.area_code, self.postal_code


def import_areas(database: Database, path: Path, options: ImportOptions) -> ImportResult:
    """Import a file of areas; importing it again changes nothing.

    A postal code may be in several areas. Raises UserError for a file that cannot be read or wrong
    columns.
    """
    result = ImportResult()
    with (
        Source(path, COLUMNS, options, result) as source,
        all_of_it(database, "areas", options, result) as session,
    ):
        sign(session, options.by, options.now)
        known = {row.area_code: row for row in session.scalars(select(AreaRow))}
        for page in pages(source.parsed(_parser(set(known)))):
            _keep(session, page, known, options, result)
        records.record(session.connection(), "areas", path, options, result)
    return result


def _parser(known: set[str]) -> Callable[[int, Sequence[str]], ImportedPlace]:
    """`known`: areas that there are, which need no name."""
    lines: dict[tuple[str, str], int] = {}
    names: dict[str, str] = {}

    def parse(line: int, row: Sequence[str]) -> ImportedPlace:
        area_code, name, code = row
        check_text("".join(row))
        if not _AREA_CODE.fullmatch(area_code):
            raise RowRejected(
                "area_code is not 1 to 64 letters, digits, points, dashes or underscores: "
                f"{quoted(area_code)}"
            )
        place = ImportedPlace(area_code, check_length(name.strip(), "name"), postal_code(code))
        if not is_postal_code(place.postal_code):
            raise RowRejected(f"postal_code is not 1 to 16 letters and digits: {quoted(code)}")
        if not (place.name or area_code in known or area_code in names):
            raise RowRejected(f"area {quoted(area_code)} is unknown, and name is blank")
        if (first := lines.setdefault(place.key, line)) != line:
            raise RowRejected(f"the postal code stands in line {first} for the same area")
        if place.name and names.setdefault(area_code, place.name) != place.name:
            del lines[place.key]
            raise RowRejected(f"the area is called {quoted(names[area_code])} in a line above")
        return place

    return parse


def _keep(
    session: Session,
    page: Sequence[ImportedPlace],
    known: dict[str, AreaRow],
    options: ImportOptions,
    result: ImportResult,
) -> None:
    """Write what is new; an area with another name is called so from now on."""
    codes: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for place in page:
        codes.setdefault(place.area_code, []).append(place.postal_code)
        if place.name:
            names[place.area_code] = place.name
    for area_code, given in codes.items():
        row, name = known.get(area_code), names.get(area_code, "")
        if row is None:
            row = areas.add(session, area_code, name, (), options.now, options.by)
            known[area_code] = row
        elif name and name != row.name:
            row.name = name
            result.notes.append(f"area {area_code} is called {name!r} from now on")
        added = areas.add_codes(session, row, given)
        result.new += added
        result.unchanged += len(given) - added
