"""Counting everything anew: after the program's zone changed, or to be sure."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert

from partners.domain.record.audit import AuditKind, Entry
from partners.domain.time.calendar import Month
from partners.store.cases import marks, rechecks
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.staging import own_connection, writing
from partners.store.judging.totals import recount_all
from partners.store.record import audit
from partners.store.tables.program_tables import SettingRow


def recount(database: Database, zone: ZoneInfo) -> int:
    """Make the months of all orders and every monthly total anew, in that zone.

    Covered days stay as they were recorded. All open cases are to be signalled. Returns how many
    partner-months there are.
    """
    with own_connection(database) as connection, writing(database, connection):
        _set_months(connection, zone)
        months = recount_all(connection)
        connection.execute(delete(SettingRow).where(SettingRow.name == records.TIME_ZONE))
        connection.execute(insert(SettingRow).values(name=records.TIME_ZONE, value=zone.key))
        concerned = marks.open_cases(connection, None)
        marks.mark(connection, untold=concerned, recheck=rechecks.since(connection))
        details = {"kind": "recount", "zone": zone.key, "months": months}
        # Last: the audit's lock comes after those of the cases that are marked.
        entry = Entry(AuditKind.IMPORT, datetime.now(UTC), database.actor(), details=details)
        audit.append(connection, [entry])
    return months


def _set_months(connection: Connection, zone: ZoneInfo) -> None:
    oldest, newest = connection.exec_driver_sql(
        "SELECT MIN(placed_at), MAX(outcome_at) FROM orders"
    ).one()
    if oldest is None:
        return
    connection.exec_driver_sql("CREATE TEMPORARY TABLE months (start BIGINT, month INTEGER)")
    month = _month_of(oldest, zone)
    while month <= _month_of(newest, zone):
        start = int(datetime.combine(month.first_day, time(), zone).timestamp())
        connection.exec_driver_sql(f"INSERT INTO months VALUES ({start}, {month.number})")
        month = month.plus(1)
    lookup = "(SELECT MAX(m.month) FROM months m WHERE m.start <= orders.{})"
    connection.exec_driver_sql(
        f"UPDATE orders SET placed_month = {lookup.format('placed_at')}, "
        f"outcome_month = {lookup.format('outcome_at')}"
    )


def _month_of(seconds: int, zone: ZoneInfo) -> Month:
    return Month.of(datetime.fromtimestamp(seconds, zone).date())
