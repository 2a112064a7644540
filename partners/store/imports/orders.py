"""Import of orders: parse and stage, then apply everything in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, TableClause, column, func, select, table

from partners.domain.judging.coverage import DayRange
from partners.domain.number_words import number_of
from partners.errors import Refusal
from partners.store.cases import marks, rechecks
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.order_changes import Applied, apply, apply_first
from partners.store.imports.order_rows import COLUMNS, order_parser
from partners.store.imports.reading.instants import Instants
from partners.store.imports.reading.source import Source
from partners.store.imports.result import Advice, ImportOptions, ImportResult
from partners.store.imports.staging import own_connection, stage_orders, writing
from partners.store.imports.unkept import Unkept, clear_brought, store
from partners.store.imports.whose import ANYBODY
from partners.store.offers import doubtful_orders
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.program_tables import PartnerRow

_TOUCHED = table("touched", column("partner_id"), column("month"))


@dataclass(eq=False)
class DaysSwapped(Refusal):
    """A file cannot be complete from a day after the one through which it is."""

    says = "{first} is after {last}; swap them"

    first: date
    last: date


def import_orders(database: Database, path: Path, options: ImportOptions) -> ImportResult:
    """Import a file of orders; importing it again changes nothing.

    Good rows are kept though others are bad, unless `options.all_or_nothing`. A run that fails or
    is killed leaves nothing behind but perhaps FILE.rejected.csv. Raises UserError for a file that
    cannot be read, wrong columns, a first day after the last, or a zone that the policy changed.
    """
    if options.first and options.last and options.first > options.last:
        raise DaysSwapped(options.first, options.last)
    result = ImportResult()
    instants = Instants(options.policy.program.zone)
    with own_connection(database) as connection:
        partners = _known_partners(connection)
        unkept = Unkept(instants, partners)
        with (
            closing(unkept),
            Source(path, COLUMNS, options, result, unkept.note) as source,
            suppress(_KeepNothing),
        ):
            parse = order_parser(partners, instants, options.now)
            # Read and staged before the turn to write is taken: a large file takes minutes, and on
            # SQLite nobody else could write meanwhile.
            stage_orders(database, connection, source.parsed(parse))
            _check_rejected(result, options)
            with writing(database, connection):
                _Staged(
                    database, connection, path, options, result, instants, source, unkept
                ).apply()
    _advise(result)
    return result


@dataclass(frozen=True)
class _Staged:
    """A file whose rows are staged, in the transaction that takes them in."""

    database: Database
    connection: Connection
    path: Path
    options: ImportOptions
    result: ImportResult
    instants: Instants
    source: Source
    unkept: Unkept

    def apply(self) -> None:
        connection, options, result = self.connection, self.options, self.result
        instants = self.instants
        records.check_zone(connection, options.policy.program.time_zone)
        seen = _days(instants, *_ends(connection))  # before `apply` takes rows out of the stage
        first_load = apply_first(connection)
        applied = first_load or apply(self.database, connection, options.moves_allowed)
        if applied.moves:
            _refuse_moves(connection, self.source, instants, self.unkept, self.result)
        _check_rejected(result, options)  # once more: rows that move an order are rejected only now
        _report(result, applied)
        # After the totals are counted: a month without any order of the program is no coverage.
        new = _days(instants, applied.first_new, applied.last_new)
        result.coverage_added = records.find_coverage(connection, options, new, seen)
        zone = options.policy.program.zone
        result.doubtful = doubtful_orders.note(
            connection, zone, options.now, first_load is not None
        )
        import_id = records.keep(connection, "orders", self.path, options, result)
        known = self._keep_coverage(import_id, seen)
        _tell(connection, first_load is not None, known, result)
        records.enter(connection, import_id, "orders", options, result)

    def _keep_coverage(self, import_id: int, seen: DayRange | None) -> set[str]:
        """Store which days are known now; returns the partners of whom others are than before."""
        stated = _stated(self.options, self.result)
        # Before those of this file are stored: they would be cleared by its own good rows.
        known = clear_brought(self.connection, self.unkept, self.instants, stated)
        records.add_coverage(self.connection, import_id, self.result.coverage_added)
        return known | store(self.connection, import_id, self.unkept, seen, stated, self.result)


class _KeepNothing(Exception):
    """Rolls the transaction back."""


def _check_rejected(result: ImportResult, options: ImportOptions) -> None:
    """Raises _KeepNothing where a rejected row means that no row is kept."""
    if result.rejected and options.all_or_nothing:
        result.kept = False
        raise _KeepNothing


def _refuse_moves(
    connection: Connection,
    source: Source,
    instants: Instants,
    unkept: Unkept,
    result: ImportResult,
) -> None:
    """Reject the rows that would move an order; of their fields, those that say which they are."""
    moved = table("moved", *map(column, ("line", "order_id", "partner_id", "holder", "placed_at")))
    for line, order_id, partner_id, holder, placed_at in connection.execute(
        select(moved).order_by(moved.c.line)
    ):
        day = instants.day_of(placed_at)
        row = [order_id, partner_id, day.isoformat(), *[""] * (len(COLUMNS.names) - 3)]
        reason = (
            f"order {order_id} is {holder}'s, and would move to {partner_id}; if two shops number "
            f"alike, give their orders ids of their own, as in {partner_id}-{order_id}; if the "
            "order did move, allow moves when you import it"
        )
        source.refuse(line, row, reason)
        unkept.add(partner_id, "", [day])
        result.advice.add(Advice.ALLOW_MOVES)


def _stated(options: ImportOptions, result: ImportResult) -> DayRange | None:
    """The days of which the person who imports says that the file is complete."""
    ranges = result.coverage_added.ranges
    if not ranges or not (options.first or options.last):
        return None
    return DayRange(ranges[0].first, ranges[-1].last)


def _known_partners(connection: Connection) -> Collection[str]:
    with connection.begin():
        return set(connection.scalars(select(PartnerRow.partner_id)))


def _ends(connection: Connection) -> tuple[int | None, int | None]:
    """The oldest and the newest `placed_at` of all staged rows."""
    staged = table("staged", column("placed_at"))
    first, last = connection.execute(
        select(func.min(staged.c.placed_at), func.max(staged.c.placed_at))
    ).one()
    return first, last


def _days(instants: Instants, first: int | None, last: int | None) -> DayRange | None:
    if first is None or last is None:
        return None
    return DayRange(instants.day_of(first), instants.day_of(last))


def _report(result: ImportResult, applied: Applied) -> None:
    result.new = applied.new
    result.corrected = applied.corrected
    result.late = applied.late
    result.unchanged = (
        result.rows - result.rejected - applied.new - applied.corrected - applied.late
    )
    result.touched_months = applied.touched_months


def _tell(connection: Connection, first_load: bool, known: set[str], result: ImportResult) -> None:
    """Mark the cases of touched partners, and of those of whom other days are known now."""
    touched = _TOUCHED
    if first_load:
        touched = table("monthly_totals", column("partner_id"), column("month"))
    partners = select(touched.c.partner_id).distinct()
    count = connection.scalar(select(func.count()).select_from(partners.subquery()))
    result.touched_partners = count or 0
    concerned = None if ANYBODY in known else partners
    cases = marks.open_cases(connection, concerned, known)
    result.cases_to_tell = len(cases)
    days = result.coverage_added.ranges
    since = rechecks.since(connection, days[0].first) if days else ()
    again = {*since, *_to_recheck(connection, touched, known)}
    marks.mark(connection, untold=cases, recheck=again)


def _to_recheck(connection: Connection, touched: TableClause, known: set[str]) -> Collection[str]:
    """The closed cases of these partners (rule 19); of those of whom other days are known now,
    whenever they were closed."""
    if ANYBODY in known:
        return rechecks.since(connection)
    closed = select(CaseRow.partner_id).where(CaseRow.closed_at.is_not(None))
    months = select(touched.c.partner_id, func.min(touched.c.month)).group_by(touched.c.partner_id)
    found = connection.execute(months.where(touched.c.partner_id.in_(closed)))
    changed = [(partner_id, month) for partner_id, month in found]
    return rechecks.touched(connection, [*changed, *((partner_id, 0) for partner_id in known)])


def _advise(result: ImportResult) -> None:
    if result.new and not result.coverage_added.ranges:
        result.notes.append(
            "the new orders fill no whole day for certain, so no day was added to the feed's "
            "coverage"
        )
        result.advice.add(Advice.STATE_DAYS)
    if result.doubtful:
        result.notes.append(
            f"{number_of(result.doubtful, 'order')} of offers that their partners could not have "
            "had then: kept, and listed for you to look at"
        )
        result.advice.add(Advice.LOOK_AT_ORDERS)
