"""Whether an exclusive can hold its place beside those that hold theirs (rule 22).

A place is a stretch of numbers, one per postal code; everywhere is the whole of them. Up to
`max_holders` partners may hold a place on a day: of those that meet there, the smallest number
counts, for the holder to whom it was promised can rely on it.

Each holder takes a seat, and no two sit on one: that is what a database can refuse by itself. A
sole holder takes all seats. Where others come and go, a term is cut into pieces, each with a seat
that is free throughout it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

SEATS = 5
"""The most holders that any exclusive may have; EU 2022/720 allows five."""
MOST_PLACES = 2**31 - 2
"""The number of the last place: a range of 32-bit numbers must be able to end behind it."""
_ONE_DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """Numbers of places, from `first` through `last`."""

    first: int
    last: int

    def meets(self, other: Stretch) -> bool:
        return self.first <= other.last and other.first <= self.last


EVERYWHERE = Stretch(0, MOST_PLACES)


class Term(NamedTuple):
    """Days, both inclusive."""

    first: date
    last: date

    def meets(self, other: Term) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Holder:
    """An exclusive, as far as conflicts ask."""

    exclusive_id: str
    partner_id: str
    max_holders: int = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch that is held through some days, on all seats from one through another."""

    places: Stretch
    days: Term
    seat_from: int
    seat_until: int


@dataclass(frozen=True, slots=True)
class Held:
    """A piece, and whose it is."""

    by: Holder
    piece: Piece


@dataclass(frozen=True, slots=True)
class Rival:
    """Who holds a place that is wanted, and where. `is_same`: the very partner who wants it."""

    by: Holder
    places: tuple[Stretch, ...]
    days: Term
    is_same: bool


@dataclass(frozen=True, slots=True)
class Seated:
    """The pieces that an exclusive would take; or its rivals, and no pieces."""

    pieces: tuple[Piece, ...] = ()
    rivals: tuple[Rival, ...] = ()


def seated(wants: Holder, places: Iterable[Stretch], days: Term, held: Sequence[Held]) -> Seated:
    """Where an exclusive would sit among those that hold a place for the same service.

    `places` do not meet one another. `held` may hold more than meets them.
    """
    pieces: list[Piece] = []
    lost: dict[str, list[tuple[Held, Stretch]]] = defaultdict(list)
    near = _Near(one for one in held if one.piece.days.meets(days))
    for stretch in places:
        for cell, there in _cells(stretch, days, near.meeting(stretch)):
            if _refused(wants, there):
                for one in there:
                    lost[one.by.exclusive_id].append((one, cell.places))
            else:
                pieces.append(_sit(wants, cell, there))
    return Seated((), _rivals(wants, lost)) if lost else Seated(tuple(pieces))


class _Near:
    """Those who hold a place, by the place."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._at: dict[int, list[Held]] = defaultdict(list)
        self._wide: list[Held] = []
        for one in held:
            first, last = one.piece.places
            (self._at[first] if first == last else self._wide).append(one)

    def meeting(self, stretch: Stretch) -> list[Held]:
        wide = [one for one in self._wide if one.piece.places.meets(stretch)]
        if stretch.first == stretch.last:
            return [*self._at.get(stretch.first, ()), *wide]
        at = [
            o for n, there in self._at.items() if stretch.first <= n <= stretch.last for o in there
        ]
        return [*at, *wide]


class _Cell(NamedTuple):
    places: Stretch
    days: Term


def _cells(places: Stretch, days: Term, held: Sequence[Held]) -> Iterator[tuple[_Cell, list[Held]]]:
    """A stretch and a term, cut so that in each cell the same ones are there throughout."""
    for first, last in _cut(places.first, places.last, [one.piece.places for one in held]):
        stretch = Stretch(first, last)
        there = [one for one in held if one.piece.places.meets(stretch)]
        spans = [
            (one.piece.days.first.toordinal(), one.piece.days.last.toordinal()) for one in there
        ]
        for start, end in _cut(days.first.toordinal(), days.last.toordinal(), spans):
            term = Term(date.fromordinal(start), date.fromordinal(end))
            yield (
                _Cell(stretch, term),
                [one for one in there if one.piece.days.meets(term)],
            )


def _cut(first: int, last: int, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """From `first` through `last`, cut wherever a span begins or has ended."""
    starts = {first}
    for begins, ends in spans:
        starts |= {cut for cut in (begins, ends + 1) if first < cut <= last}
    ordered = sorted(starts)
    return list(zip(ordered, [*(start - 1 for start in ordered[1:]), last], strict=True))


def _refused(wants: Holder, there: Sequence[Held]) -> bool:
    holders = {one.by for one in there}
    if any(by.partner_id == wants.partner_id for by in holders):
        return True
    return bool(holders) and len(holders) >= min(
        wants.max_holders, *(by.max_holders for by in holders)
    )


def _sit(wants: Holder, cell: _Cell, there: Sequence[Held]) -> Piece:
    if wants.max_holders == 1:
        return Piece(*cell, 0, SEATS - 1)
    taken = {seat for one in there for seat in range(one.piece.seat_from, one.piece.seat_until + 1)}
    free = next(seat for seat in range(SEATS) if seat not in taken)
    return Piece(*cell, free, free)


def _rivals(wants: Holder, lost: dict[str, list[tuple[Held, Stretch]]]) -> tuple[Rival, ...]:
    """With each the places that are shared, and its days, the first one leading."""
    found = []
    for _, shared in sorted(lost.items()):
        by = shared[0][0].by
        terms = [one.piece.days for one, _ in shared]
        days = Term(min(term.first for term in terms), max(term.last for term in terms))
        places = tuple(sorted({stretch for _, stretch in shared}))
        found.append(Rival(by, places, days, by.partner_id == wants.partner_id))
    return tuple(found)
