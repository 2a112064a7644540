"""Rejected rows of a file of orders: on which days they leave unknown what a partner did (rule 3).

A row that cannot be kept may be an order all the same. Its days, that it was placed on and that of
its outcome, are unknown of the partner whom it names, and of everybody if nothing in it names one;
where no day can be read, all the days of the file are. They are known again when a later import
brings the row of that order; where the order's id cannot be told, when a later file holds rows of
that partner from before through after, and rejects none of them; or when a person says with --from
and --through that a file is complete.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    column,
    delete,
    func,
    or_,
    select,
    table,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

from partners.domain.judging.coverage import Coverage, DayRange
from partners.store.imports.order_rows import COLUMNS
from partners.store.imports.reading import fields
from partners.store.imports.reading.fields import RowRejected
from partners.store.imports.reading.instants import Instants
from partners.store.imports.result import ImportResult, named
from partners.store.imports.whose import ANYBODY, Whose, times_in
from partners.store.tables.feed_tables import UnknownDaysRow

_AT = {name: at for at, name in enumerate(COLUMNS.names)}
_MEMORY = 1_000_000  # bytes of rejected rows; more go to a file
_BATCH = 2000
_ROW = UnknownDaysRow
_STAGED = table("staged", column("order_id"), column("partner_id"), column("placed_at"))


class Unkept:
    """The rejected rows of one file, as far as they can be read."""

    def __init__(self, instants: Instants, partners: Collection[str]) -> None:
        self._instants = instants
        self.partners = partners
        self._whose = Whose(partners)
        self._rows = SpooledTemporaryFile(  # noqa: SIM115  # closed by `close`
            max_size=_MEMORY, mode="w+", newline=""
        )
        self._writer = csv.writer(self._rows)
        self._days: list[date] = []
        self.of_nobody = 0
        """Rows that name a partner who is not known, or hold nothing of an order."""
        self.of_anybody = 0
        """Rows that do not say whose they are."""

    def close(self) -> None:
        self._rows.close()

    def note(self, row: Sequence[str], line: str) -> None:
        """Note a row, given its fields by column; what cannot be read is left open.

        `line`: the whole of it, if it is not made as a row is; "" otherwise.
        """
        named = row[_AT["partner_id"]]
        owners = self._whose.owners(named, row, line)
        self.of_anybody += owners == [ANYBODY]
        self.of_nobody += all(one != ANYBODY and one not in self.partners for one in owners)
        days = self._days_of([row[_AT["placed_at"]], row[_AT["outcome_at"]], *times_in(line)])
        for partner_id in owners:
            # a shop's whole export may be of others: one entry a day is enough
            ours = partner_id == ANYBODY or partner_id in self.partners
            in_place = not line or named == partner_id
            order_id = _order_id(row[_AT["order_id"]]) if ours and in_place else ""
            self.add(partner_id, order_id, days)

    def add(self, partner_id: str, order_id: str, days: Sequence[date]) -> None:
        """Note that something about a partner is missing on these days; none: on all days."""
        for day in days:
            self._writer.writerow([partner_id, order_id, day.isoformat()])
            self._days = [min([day, *self._days]), max([day, *self._days])]
        if not days:
            self._writer.writerow([partner_id, order_id, ""])

    def _days_of(self, times: Sequence[str]) -> list[date]:
        """The days on which an order was placed and ended, as far as they can be read."""
        found = set()
        for text in times:
            with suppress(ValueError):
                found.add(self._instants.day_of(self._instants.read(text)[0]))
        return sorted(found)

    def all_days(self, seen: DayRange | None) -> DayRange | None:
        """From the oldest to the newest day of the file; `seen`: those of its good rows."""
        days = [*self._days, *(seen or ())]
        return DayRange(min(days), max(days)) if days else None

    def entries(self, seen: DayRange | None) -> Iterator[tuple[str, str, DayRange]]:
        """Partner, order and the days that are unknown."""
        whole = self.all_days(seen)
        self._rows.seek(0)
        for partner_id, order_id, text in csv.reader(self._rows):
            if text:
                day = date.fromisoformat(text)
                yield partner_id, order_id, DayRange(day, day)
            elif whole is not None:
                yield partner_id, order_id, whole


def _order_id(text: str) -> str:
    """An order's id; blank if no later row can be known by it."""
    try:
        return fields.check_id(text, "order_id") if text.isprintable() else ""
    except RowRejected:
        return ""


# ---- what earlier imports left open, and this one brings ----


def clear_brought(
    connection: Connection, unkept: Unkept, instants: Instants, stated: DayRange | None
) -> set[str]:
    """Forget the days that are known by now; returns whose they were.

    To be called when the staged rows are kept, before the rejected ones of this import are stored.
    `stated`: the days of which a person says that the file is complete.
    """
    if connection.scalar(select(_ROW.partner_id).limit(1)) is None:
        return set()
    brought = (
        select(_ROW.partner_id, _ROW.order_id)
        .join(
            _STAGED,
            and_(_STAGED.c.order_id == _ROW.order_id, _STAGED.c.partner_id == _ROW.partner_id),
        )
        .distinct()
    )
    anybodys = and_(_ROW.partner_id == ANYBODY, _ROW.order_id.in_(select(_STAGED.c.order_id)))
    known: list[ColumnElement[bool]] = [
        tuple_(_ROW.partner_id, _ROW.order_id).in_(brought),
        anybodys,
    ]
    if stated is not None:
        known.append(and_(_ROW.first_day >= stated.first, _ROW.last_day <= stated.last))
    gone = set(connection.scalars(delete(_ROW).where(or_(*known)).returning(_ROW.partner_id)))
    return gone | _clear_spanned(connection, unkept, instants)


def _clear_spanned(connection: Connection, unkept: Unkept, instants: Instants) -> set[str]:
    """Days without an order's id, of partners whose rows in this file span them.

    Not those of everybody: next day's file has rows of many days too, and not the one that is lost.
    """
    nameless = select(_ROW.partner_id).where(_ROW.order_id == "", _ROW.partner_id != ANYBODY)
    spans = connection.execute(
        select(_STAGED.c.partner_id, func.min(_STAGED.c.placed_at), func.max(_STAGED.c.placed_at))
        .where(_STAGED.c.partner_id.in_(nameless))
        .group_by(_STAGED.c.partner_id)
    ).all()
    if not spans:
        return set()
    rejected = {partner_id for partner_id, _, _ in unkept.entries(None)}
    gone = set()
    for partner_id, first, last in spans:
        if partner_id in rejected:
            continue
        within = delete(_ROW).where(
            _ROW.partner_id == partner_id,
            _ROW.order_id == "",
            _ROW.first_day >= instants.day_of(first),
            _ROW.last_day <= instants.day_of(last),
        )
        if connection.execute(within).rowcount:
            gone.add(partner_id)
    return gone


# ---- what this import leaves open ----


def store(
    connection: Connection,
    import_id: int,
    unkept: Unkept,
    seen: DayRange | None,
    stated: DayRange | None,
    result: ImportResult,
) -> set[str]:
    """Store the days that the rejected rows leave open, say for whom; returns whose they are."""
    entries = unkept.entries(seen)
    left_out: list[str] = []
    while batch := list(islice(entries, _BATCH)):
        rows = []
        for partner_id, order_id, days in batch:
            if stated and stated.first <= days.first and days.last <= stated.last:
                if partner_id not in left_out:
                    left_out.append(partner_id)
                continue
            rows.append(
                {
                    "partner_id": partner_id,
                    "order_id": order_id,
                    "first_day": days.first,
                    "last_day": days.last,
                    "import_id": import_id,
                }
            )
        if rows:
            connection.execute(_keep(connection), rows)
    if stated and left_out:
        result.notes.append(
            f"rows of {_whose(left_out)} were rejected, and yet their days from {stated.first} "
            f"through {stated.last} count as complete, as was said of the file: a missing "
            "order counts against its partner"
        )
    return _say(connection, import_id, unkept, result)


def _keep(connection: Connection) -> Any:
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    kept = make(UnknownDaysRow.__table__)  # type: ignore[arg-type]
    return kept.on_conflict_do_update(
        index_elements=["partner_id", "order_id", "first_day", "last_day"],
        set_={"import_id": kept.excluded.import_id},
    )


def _whose(partner_ids: Sequence[str]) -> str:
    return named([one if one != ANYBODY else "somebody who is not named" for one in partner_ids])


def _say(connection: Connection, import_id: int, unkept: Unkept, result: ImportResult) -> set[str]:
    """For whom this import leaves days open, a line each for the first few."""
    mine = _ROW.import_id == import_id
    whose = set(connection.scalars(select(_ROW.partner_id).where(mine).distinct()))

    def days_of(partner_id: str) -> str:
        days = select(_ROW.first_day, _ROW.last_day).where(mine, _ROW.partner_id == partner_id)
        ranges = Coverage.of(DayRange(*row) for row in connection.execute(days.distinct())).ranges
        more = f" and {len(ranges) - 3} more ranges" if len(ranges) > 3 else ""
        return ", ".join(_words(*r) for r in ranges[:3]) + more

    if ANYBODY in whose:
        result.unknown.append(
            "not known of anybody, for rejected rows do not say whose they are "
            f"({unkept.of_anybody:,}): {days_of(ANYBODY)}"
        )
    known = sorted(partner_id for partner_id in whose if partner_id in unkept.partners)
    for partner_id in known[:5]:
        result.unknown.append(
            f"not known of {partner_id}, whose rows were rejected: {days_of(partner_id)}"
        )
    if len(known) > 5:
        result.unknown.append(f"not known of {len(known) - 5:,} more partners: days of their own")
    if unkept.of_nobody:
        result.unknown.append(
            f"{unkept.of_nobody:,} rejected rows name no known partner: whose orders they are is "
            "not known"
        )
    return whose


def _words(first: date, last: date) -> str:
    return str(first) if first == last else f"{first} to {last}"
