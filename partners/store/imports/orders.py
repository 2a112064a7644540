"""Import of orders: parse and stage, then apply everything in one transaction."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from sqlalchemy import Connection, column, func, select, table

from partners.domain.coverage import DayRange
from partners.errors import UserError
from partners.store import rechecks
from partners.store.case_tables import CaseRow
from partners.store.database import Database
from partners.store.imports import records
from partners.store.imports.instants import Instants
from partners.store.imports.order_changes import Applied, apply, apply_first
from partners.store.imports.order_rows import COLUMNS, order_parser
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.imports.source import Source
from partners.store.imports.staging import own_connection, stage_orders, writing
from partners.store.program_tables import PartnerRow

_TOUCHED = table("touched", column("partner_id"), column("month"))


def import_orders(database: Database, path: Path, options: ImportOptions) -> ImportResult:
    """Import a file of orders; importing it again changes nothing.

    Good rows are kept though others are bad, unless `options.all_or_nothing`. A run that fails or
    is killed leaves nothing behind but perhaps FILE.rejected.csv. Raises UserError for a file that
    cannot be read, wrong columns, --from after --through, or a zone that the policy changed.
    """
    if options.first and options.last and options.first > options.last:
        raise UserError(f"--from {options.first} is after --through {options.last}; swap them")
    result = ImportResult()
    instants = Instants(options.policy.program.zone)
    with own_connection(database) as connection:
        with Source(path, COLUMNS, options, result) as source:
            partners = _known_partners(connection)
            parse = order_parser(partners, instants, options.now)
            stage_orders(database, connection, source.parsed(parse))
        if result.rejected and options.all_or_nothing:
            result.kept = False
            return result
        with writing(database, connection):
            records.check_zone(connection, options.policy.program.time_zone)
            seen = _days(instants, *_ends(connection))
            applied = apply_first(connection)
            first_load = applied is not None
            applied = applied or apply(database, connection)
            _report(result, applied)
            result.cases_to_tell, result.touched_partners = _tell(connection, first_load)
            new = _days(instants, applied.first_new, applied.last_new)
            result.coverage_added = records.find_coverage(connection, options, new, seen)
            import_id = records.record(connection, "orders", path, options, result)
            records.add_coverage(connection, import_id, result.coverage_added)
    _advise(result)
    return result


def _known_partners(connection: Connection) -> Container[str]:
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


def _tell(connection: Connection, first_load: bool) -> tuple[int, int]:
    """Mark the open cases of touched partners; returns how many, and how many partners."""
    touched = _TOUCHED
    if first_load:
        touched = table("monthly_totals", column("partner_id"), column("month"))
    partners = select(touched.c.partner_id).distinct()
    told = records.mark_untold(connection, partners)
    closed = select(CaseRow.partner_id).where(CaseRow.closed_at.is_not(None))
    months = select(touched.c.partner_id, func.min(touched.c.month)).group_by(touched.c.partner_id)
    found = connection.execute(months.where(touched.c.partner_id.in_(closed)))
    rechecks.mark_touched(connection, found.tuples())
    count = connection.scalar(select(func.count()).select_from(partners.subquery()))
    return told, count or 0


def _advise(result: ImportResult) -> None:
    if result.new and not result.coverage_added.ranges:
        result.notes.append(
            "the new orders fill no whole day for certain, so no day was added to the feed's "
            "coverage; if the file is complete through a day, say so with --from and --through"
        )
