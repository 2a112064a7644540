"""Postal codes of areas and exclusives, held against the digest in their rows and entries."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.places import digest_of_codes
from partners.store.tables.exclusive_tables import ExclusiveCodeRow, ExclusiveRow
from partners.store.tables.offer_tables import AreaPlaceRow, AreaRow

_NONE = digest_of_codes(())


def other_places(session: Session) -> Iterable[str]:
    """Areas and exclusives that have other postal codes than was recorded, by their names."""
    area, place = AreaRow, AreaPlaceRow
    areas = select(area.area_code, area.places_sha256)
    codes = select(place.area_code, place.postal_code)
    yield from _differing(session, "areas", areas, codes)
    row, code = ExclusiveRow, ExclusiveCodeRow
    signed = select(row.exclusive_id, row.places_sha256)
    yield from _differing(
        session, "exclusives", signed, select(code.exclusive_id, code.postal_code)
    )


def _differing(session: Session, table: str, said: Any, codes: Any) -> Iterable[str]:
    """`said`: key and digest; `codes`: key and postal code, of one key after the other."""
    recorded = dict(session.execute(said).all())
    ordered = codes.order_by(*codes.selected_columns).execution_options(yield_per=1000)
    found = session.execute(ordered)
    has = {key: digest_of_codes(c for _, c in rows) for key, rows in groupby(found, itemgetter(0))}
    for key, sha256 in sorted(recorded.items()):
        if has.get(key, _NONE) != (sha256 or _NONE):
            yield f"{table}/{key}"
