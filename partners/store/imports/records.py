"""What every import leaves behind besides its rows: its record, its entry and coverage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, insert, select

from partners.domain.judging.coverage import Coverage, DayRange, import_coverage
from partners.domain.record.audit import AuditKind, Entry
from partners.domain.time.calendar import Month
from partners.errors import Refusal
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.record import audit
from partners.store.tables.feed_tables import CoverageRow, ImportRow, MonthlyTotalRow
from partners.store.tables.program_tables import SettingRow

Kind = Literal["partners", "orders", "metrics", "referrals", "areas"]

TIME_ZONE = "time_zone"
_ONE_DAY = timedelta(days=1)


@dataclass(eq=False)
class CountedInAnotherZone(Refusal):
    """The policy's zone is not the one by which the months here begin."""

    says = (
        "the months of the orders here were counted in {counted_in}, but the policy's "
        "program.time_zone is {zone}; count them anew"
    )

    counted_in: str
    zone: str


def check_zone(connection: Connection, zone: str) -> None:
    """Hold the program to the zone in which its months were counted; the first import sets it.

    Raises CountedInAnotherZone if the policy has another by now.
    """
    counted_in = connection.scalar(select(SettingRow.value).where(SettingRow.name == TIME_ZONE))
    if counted_in is None:
        connection.execute(insert(SettingRow).values(name=TIME_ZONE, value=zone))
    elif counted_in != zone:
        raise CountedInAnotherZone(counted_in, zone)


def record(
    connection: Connection,
    kind: Kind,
    path: Path,
    options: ImportOptions,
    result: ImportResult,
) -> None:
    """Store the import's own row and its entry in the audit: see `enter` for when."""
    enter(connection, keep(connection, kind, path, options, result), kind, options, result)


def keep(
    connection: Connection,
    kind: Kind,
    path: Path,
    options: ImportOptions,
    result: ImportResult,
) -> int:
    """Store the import's own row, to which its days refer; returns its id."""
    row = insert(ImportRow).values(
        kind=kind,
        file_name=path.name,
        imported_at=options.now,
        rows=result.rows,
        new=result.new,
        corrected=result.corrected,
        rejected=result.rejected,
    )
    key = connection.execute(row).inserted_primary_key
    assert key is not None
    return int(key[0])


def enter(
    connection: Connection,
    import_id: int,
    kind: Kind,
    options: ImportOptions,
    result: ImportResult,
) -> None:
    """Append the import's entry to the audit.

    After everything else, and after its cases are marked above all: it takes the audit's lock,
    which is the last of all. A step that holds one of these cases and waits for the audit would
    else be waited for in turn (docs/audit.md, "The order of locks").
    """
    audit.append(connection, [_entry(import_id, kind, options, result)])


def _entry(import_id: int, kind: Kind, options: ImportOptions, result: ImportResult) -> Entry:
    """The import's entry in the audit: counts and days, and nothing of the rows themselves."""
    details = {
        "kind": kind,
        "rows": result.rows,
        "new": result.new,
        "corrected": result.corrected,
        "rejected": result.rejected,
        "days": [[first, last] for first, last in result.coverage_added.ranges],
    }
    ref = f"{ImportRow.__tablename__}/{import_id}"
    return Entry(AuditKind.IMPORT, options.now, options.by, ref=ref, details=details)


def find_coverage(
    connection: Connection, options: ImportOptions, new: DayRange | None, seen: DayRange | None
) -> Coverage:
    """The coverage that the import establishes (rule 3).

    `new` are the days from the oldest to the newest new order, `seen` those of all good rows: they
    stand in for `new` where a person gave only one end and nothing was new.
    """
    first, last = options.first, options.last
    days = new or (seen if first or last else None)
    if days is None and first and last:
        days = DayRange(first, last)
    if days is None:
        return Coverage()
    query = select(MonthlyTotalRow.month).where(MonthlyTotalRow.placed > 0).distinct()
    months = [Month.from_number(number) for number in connection.scalars(query)]
    today = options.now.astimezone(options.policy.program.zone).date()
    return import_coverage(*days, months, today - _ONE_DAY, first, last)


def add_coverage(connection: Connection, import_id: int, coverage: Coverage) -> None:
    for first, last in coverage.ranges:
        connection.execute(
            insert(CoverageRow).values(first_day=first, last_day=last, import_id=import_id)
        )
