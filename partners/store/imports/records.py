"""What every import leaves behind besides its rows: its record, coverage, cases to be told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Select, insert, select, update

from partners.domain.judging.coverage import Coverage, DayRange, import_coverage
from partners.domain.record.audit import AuditKind, Entry
from partners.domain.time.calendar import Month
from partners.errors import Refusal
from partners.store.cases import rechecks
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.record import audit
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.feed_tables import CoverageRow, ImportRow, MonthlyTotalRow
from partners.store.tables.program_tables import SettingRow

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
    kind: Literal["partners", "orders", "metrics", "referrals"],
    path: Path,
    options: ImportOptions,
    result: ImportResult,
) -> int:
    """Store the import's own row; returns its id."""
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
    audit.append(connection, [_entry(int(key[0]), kind, options, result)])
    return int(key[0])


def _entry(
    import_id: int,
    kind: Literal["partners", "orders", "metrics", "referrals"],
    options: ImportOptions,
    result: ImportResult,
) -> Entry:
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
    if coverage.ranges:
        rechecks.mark_since(connection, coverage.ranges[0].first)


def mark_untold(
    connection: Connection,
    partners: Select[tuple[str]] | Collection[str] | None,
    also: Collection[str] = (),
) -> int:
    """Note that the open cases of these partners (None: all) are to be signalled; how many.

    `also`: more of them, beside those that a query finds.
    """
    open_cases = select(CaseRow.case_id, CaseRow.partner_id).where(CaseRow.closed_at.is_(None))
    found = open_cases
    if isinstance(partners, Select):
        found = open_cases.where(CaseRow.partner_id.in_(partners))
    cases = set(connection.execute(found).all())
    if also:
        cases |= {case for case in connection.execute(open_cases).all() if case.partner_id in also}
    if isinstance(partners, Collection):
        cases = {case for case in cases if case.partner_id in partners}
    for case in cases:
        connection.execute(
            update(CaseRow).where(CaseRow.case_id == case.case_id).values(untold=True)
        )
    return len(cases)
