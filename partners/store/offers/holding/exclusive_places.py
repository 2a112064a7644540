"""The places that exclusives hold: taken when one is signed, free once it holds none (rule 22).

Whoever takes places has the turn, so that two never look at once; on PostgreSQL an exclusion
constraint refuses what would pass all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, delete, insert, select, true
from sqlalchemy.orm import Session

from partners.domain.offers.exclusive_conflicts import (
    EVERYWHERE,
    Held,
    Holder,
    Piece,
    Rival,
    Stretch,
    Term,
    seated,
)
from partners.domain.offers.places import digest_of_codes
from partners.store.offers import areas
from partners.store.tables.base import insert_into
from partners.store.tables.exclusive_tables import (
    ExclusiveCodeRow,
    ExclusivePlaceRow,
    ExclusiveRow,
    NumberedWordRow,
)
from partners.store.tables.program_tables import EXCLUSIVE_LOCK, LockRow

T = TypeVar("T")
SERVICE, POSTAL_CODE = "service", "postal_code"
_PAGE = 1000


class SharedWith(NamedTuple):
    """Who holds a place that is wanted. `codes`: those that are shared; None: everywhere."""

    exclusive_id: str
    partner_id: str
    first_day: date
    last_day: date
    codes: tuple[str, ...] | None
    is_same: bool  # the very partner who wants it


@dataclass(frozen=True)
class Free:
    """The place is free, as long as the turn is kept: the pieces that it comes to."""

    service_no: int
    pieces: tuple[Piece, ...]


def take_turn(session: Session) -> None:
    """Take the turn to place exclusives; the others wait until this transaction ends."""
    session.get(LockRow, EXCLUSIVE_LOCK, with_for_update=True)


def look(
    session: Session, row: ExclusiveRow, codes: Collection[str] | None
) -> Free | list[SharedWith]:
    """Whether an exclusive can hold these postal codes (None: everywhere), or who is in its way."""
    service_no = _numbers(session, SERVICE, [row.service])[row.service]
    numbers = None if codes is None else _numbers(session, POSTAL_CODE, codes)
    wanted = [EVERYWHERE] if numbers is None else [Stretch(n, n) for n in sorted(numbers.values())]
    days = Term(row.first_day, row.last_day)
    holder = Holder(row.exclusive_id, row.partner_id, row.max_holders)
    found = seated(holder, wanted, days, list(_held(session, service_no, days, numbers)))
    if found.rivals:
        return [_named(session, rival, numbers) for rival in found.rivals]
    return Free(service_no, found.pieces)


def take(session: Session, row: ExclusiveRow, codes: Collection[str] | None, free: Free) -> None:
    """Hold the place, and keep the codes that it is signed with."""
    if codes is not None:
        kept = [{"exclusive_id": row.exclusive_id, "postal_code": code} for code in sorted(codes)]
        session.execute(insert(ExclusiveCodeRow), kept)
        row.places, row.places_sha256 = len(kept), digest_of_codes(codes)
    values = [_values(row.exclusive_id, free.service_no, piece) for piece in free.pieces]
    session.execute(insert(ExclusivePlaceRow), values)


def free(session: Session, exclusive_id: str) -> None:
    """Let others have the place."""
    rows = delete(ExclusivePlaceRow).where(ExclusivePlaceRow.exclusive_id == exclusive_id)
    session.execute(rows)


def codes_of(session: Session, row: ExclusiveRow) -> frozenset[str] | None:
    """The postal codes that it was signed with; of one that is not signed, those that its area has
    now. None: everywhere."""
    if row.area_code is None:
        return None
    if row.places is None:
        return areas.codes_of(session, row.area_code)
    code = ExclusiveCodeRow
    signed = select(code.postal_code).where(code.exclusive_id == row.exclusive_id)
    return frozenset(session.scalars(signed))


def _values(exclusive_id: str, service_no: int, piece: Piece) -> dict[str, object]:
    return {
        "exclusive_id": exclusive_id,
        "service_no": service_no,
        "seat_from": piece.seat_from,
        "seat_until": piece.seat_until,
        "place_from": piece.places.first,
        "place_until": piece.places.last,
        "first_day": piece.days.first,
        "last_day": piece.days.last,
    }


def _held(
    session: Session, service_no: int, days: Term, numbers: dict[str, int] | None
) -> Iterator[Held]:
    """What is held of a service on these days, where a place could be shared."""
    row, of = ExclusivePlaceRow, ExclusiveRow
    query = (
        select(row, of.partner_id, of.max_holders)
        .join(of, of.exclusive_id == row.exclusive_id)
        .where(row.service_no == service_no, row.first_day <= days.last, row.last_day >= days.first)
    )
    for where in _places(numbers):
        for place, partner_id, max_holders in session.execute(query.where(where)):
            piece = Piece(
                Stretch(place.place_from, place.place_until),
                Term(place.first_day, place.last_day),
                place.seat_from,
                place.seat_until,
            )
            yield Held(Holder(place.exclusive_id, partner_id, max_holders), piece)


def _places(numbers: dict[str, int] | None) -> Iterator[ColumnElement[bool]]:
    """Conditions that together find each piece that may be shared once."""
    row = ExclusivePlaceRow
    if numbers is None:
        yield true()
        return
    yield row.place_from < row.place_until
    for page in _paged(sorted(numbers.values())):
        yield (row.place_from == row.place_until) & row.place_from.in_(page)


def _numbers(session: Session, kind: str, words: Iterable[str]) -> dict[str, int]:
    """The number of each word; one that has none gets the next."""
    found: dict[str, int] = {}
    for page in _paged(sorted(set(words))):
        found |= _known(session, kind, page)
        if new := [word for word in page if word not in found]:
            rows = [{"kind": kind, "word": word} for word in new]
            session.execute(insert_into(session, NumberedWordRow).on_conflict_do_nothing(), rows)
            found |= _known(session, kind, new)
    return found


def _known(session: Session, kind: str, words: Sequence[str]) -> dict[str, int]:
    row = NumberedWordRow
    query = select(row.word, row.number).where(row.kind == kind, row.word.in_(words))
    return dict(session.execute(query).all())


def _named(session: Session, rival: Rival, numbers: dict[str, int] | None) -> SharedWith:
    """A rival with the postal codes that are shared, instead of their numbers."""
    codes: list[str] | None = None
    points = [stretch.first for stretch in rival.places if stretch.first == stretch.last]
    if len(points) == len(rival.places):
        words = {n: word for word, n in (numbers or _words(session, points)).items()}
        codes = sorted(words[number] for number in points)
    by = rival.by
    shared = None if codes is None else tuple(codes)
    return SharedWith(by.exclusive_id, by.partner_id, *rival.days, shared, rival.is_same)


def _words(session: Session, numbers: Sequence[int]) -> dict[str, int]:
    row, found = NumberedWordRow, dict[str, int]()
    for page in _paged(numbers):
        query = select(row.word, row.number).where(row.number.in_(page))
        found |= dict(session.execute(query).all())
    return found


def _paged(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _PAGE):
        yield items[start : start + _PAGE]
