"""From staged rows to orders: what is new, corrected, late or unchanged, as set statements.

Per order id one staged row stands, the one known last; it is new, or it corrects the known order
(whose old version is kept with both times), or it says the same, or it is late: older than what is
known, so that it only joins the earlier versions.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Index

from partners.store.engine.database import Database
from partners.store.imports.staging import CONTENT, ORDER_COLUMNS
from partners.store.judging.totals import recount_all, recount_touched
from partners.store.tables.feed_tables import OrderRow

_COLUMNS = ", ".join(ORDER_COLUMNS)
_DIFFERS = " OR ".join(f"s.{c} IS DISTINCT FROM o.{c}" for c in CONTENT if c[-6:] != "_month")
_TOGETHER = 50_000  # lines that are written in the order of their partners
_LATE = "(s.known_given = 1 AND s.known_at < o.known_at)"


@dataclass(frozen=True)
class Applied:
    """What the staged rows came to. Instants in seconds since 1970, None without new orders."""

    new: int
    corrected: int = 0
    late: int = 0
    touched_months: int = 0
    moves: int = 0
    """Rows that would move an order to another partner; the table `moved` has them."""
    first_new: int | None = None
    last_new: int | None = None


def apply_first(connection: Connection) -> Applied | None:
    """Keep staged rows in an empty table of orders; None, and nothing done, if it cannot.

    A shortcut for the first load, where every row is new unless an id stands twice: without
    comparing, and with the indexes made at the end.
    """
    if _scalar(connection, "SELECT 1 FROM orders LIMIT 1"):
        return None
    indexes = sorted(OrderRow.__table__.indexes, key=lambda index: index.name or "")  # type: ignore[attr-defined]
    with connection.begin_nested() as attempt:
        for index in indexes:
            index.drop(connection)
        added = connection.exec_driver_sql(
            f"INSERT INTO orders ({_COLUMNS}) SELECT {_COLUMNS} FROM staged WHERE true "
            "ON CONFLICT DO NOTHING"
        ).rowcount
        first, last, staged = connection.exec_driver_sql(
            "SELECT MIN(placed_at), MAX(placed_at), COUNT(*) FROM staged"
        ).one()
        if added != staged:
            attempt.rollback()  # brings the indexes back, too
            return None
        months = _count_then_index(connection, indexes)
    return Applied(added, touched_months=months, first_new=first, last_new=last)


def _count_then_index(connection: Connection, indexes: list[Index]) -> int:
    """The totals are made faster without the index on months, but not without the customers'."""
    customers, *others = indexes
    customers.create(connection)
    months = recount_all(connection)
    for index in others:
        index.create(connection)
    return months


def apply(database: Database, connection: Connection, moves_allowed: bool = False) -> Applied:
    """Keep what the staged rows say, and make the totals that they touch anew.

    Rows that would move an order to another partner are left out, and stand in `moved (line,
    order_id, partner_id, holder, placed_at)`, unless that is allowed.
    """
    connection.exec_driver_sql("CREATE INDEX staged_by_order ON staged (order_id, known_at, line)")
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE moved (line INTEGER PRIMARY KEY, order_id VARCHAR(128), "
        "partner_id VARCHAR(64), holder VARCHAR(64), placed_at BIGINT)"
    )
    if _scalar(connection, "SELECT COUNT(*) - COUNT(DISTINCT order_id) FROM staged"):
        if not moves_allowed:  # before one row is chosen, which could be another partner's
            _leave_out_moves_within_file(connection)
        _settle_within_file(connection)
    else:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE earlier AS SELECT * FROM staged LIMIT 0")
    if not moves_allowed:
        _leave_out_moves(connection)
    _find_changes(connection)
    if not database.is_sqlite:  # whose planner does well without, and whose ANALYZE is slow
        for table in ("staged", "changes"):
            connection.exec_driver_sql(f"ANALYZE {table}")
    # Before the orders are written: this and `_keep_corrected` read in them what is replaced.
    _find_touched(connection)
    version = _version_json(database)
    _keep_corrected(connection, version)
    _write_orders(connection)
    # After it: older rows of an order that is new join the one that stands by then.
    late = _keep_late(connection, version)
    recount_touched(connection)
    counted = connection.exec_driver_sql("SELECT action, COUNT(*) FROM changes GROUP BY action")
    counts: dict[str, int] = {action: count for action, count in counted}  # noqa: C416
    first, last = connection.exec_driver_sql(
        "SELECT MIN(s.placed_at), MAX(s.placed_at) FROM changes c JOIN staged s ON s.line = c.line "
        "WHERE c.action = 'new'"
    ).one()
    return Applied(
        new=counts.get("new", 0),
        corrected=counts.get("corrected", 0),
        late=late,
        touched_months=_scalar(connection, "SELECT COUNT(*) FROM touched"),
        moves=_scalar(connection, "SELECT COUNT(*) FROM moved"),
        first_new=first,
        last_new=last,
    )


def _scalar(connection: Connection, query: str) -> int:
    return connection.exec_driver_sql(query).scalar() or 0


def _leave_out_moves_within_file(connection: Connection) -> None:
    """Of rows about one order, those of another partner than has it, or than the first of them."""
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE twice AS SELECT s.order_id, COALESCE("
        "(SELECT o.partner_id FROM orders o WHERE o.order_id = s.order_id), "
        "(SELECT f.partner_id FROM staged f WHERE f.order_id = s.order_id "
        "ORDER BY f.line LIMIT 1)) AS holder FROM staged s GROUP BY s.order_id HAVING COUNT(*) > 1"
    )
    _leave_out(
        connection,
        "SELECT s.line, s.order_id, s.partner_id, t.holder, s.placed_at "
        "FROM twice t JOIN staged s ON s.order_id = t.order_id WHERE s.partner_id <> t.holder AND "
        f"NOT {_KNOWN_VERSION}",
    )


# An older file again, from before an order was moved: it says nothing new.
_KNOWN_VERSION = (
    "EXISTS (SELECT 1 FROM order_versions k WHERE k.order_id = s.order_id "
    "AND k.known_at = s.known_at AND s.known_given = 1)"
)


def _leave_out_moves(connection: Connection) -> None:
    """Rows about an order that another partner has."""
    _leave_out(
        connection,
        "SELECT s.line, s.order_id, s.partner_id, o.partner_id, s.placed_at "
        "FROM staged s JOIN orders o ON o.order_id = s.order_id "
        f"WHERE o.partner_id <> s.partner_id AND NOT {_KNOWN_VERSION}",
    )


def _leave_out(connection: Connection, moves: str) -> None:
    if connection.exec_driver_sql(f"INSERT INTO moved {moves}").rowcount:
        connection.exec_driver_sql("DELETE FROM staged WHERE line IN (SELECT line FROM moved)")


def _settle_within_file(connection: Connection) -> None:
    """Leave one staged row per order id: known last, or lowest in the file. Older ones: `earlier`.

    Of rows known at the same moment only the last counts at all.
    """
    for statement in (
        "DELETE FROM staged WHERE EXISTS (SELECT 1 FROM staged t WHERE t.order_id = staged.order_id"
        " AND t.known_at = staged.known_at AND t.line > staged.line)",
        "CREATE TEMPORARY TABLE earlier AS SELECT * FROM staged s WHERE EXISTS "
        "(SELECT 1 FROM staged t WHERE t.order_id = s.order_id AND t.known_at > s.known_at)",
        "DELETE FROM staged WHERE line IN (SELECT line FROM earlier)",
        # a time of import is no version of its own
        "DELETE FROM earlier WHERE known_given = 0",
    ):
        connection.exec_driver_sql(statement)


def _find_changes(connection: Connection) -> None:
    """Make `changes (line, order_id, action)`: every staged row that is not unchanged."""
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE changes AS SELECT s.line, s.order_id, "
        f"CASE WHEN o.order_id IS NULL THEN 'new' WHEN {_LATE} THEN 'late' ELSE 'corrected' END "
        "AS action FROM staged s LEFT JOIN orders o ON o.order_id = s.order_id "
        f"WHERE o.order_id IS NULL OR {_LATE} OR {_DIFFERS}"
    )
    # What arrives now without a time was not known before what it corrects.
    connection.exec_driver_sql(
        "UPDATE staged SET known_at = (SELECT o.known_at FROM orders o "
        "WHERE o.order_id = staged.order_id) WHERE line IN (SELECT c.line FROM changes c "
        "JOIN staged s ON s.line = c.line JOIN orders o ON o.order_id = c.order_id "
        "WHERE c.action = 'corrected' AND s.known_at < o.known_at)"
    )


def _find_touched(connection: Connection) -> None:
    """Make `touched (partner_id, month)`: where totals may differ afterwards.

    The months of each new, replacing and replaced version; and those of the same customer's later
    orders, which may become or cease to be repeat orders. Those are looked for only of
    partners who have later months that are not counted anew anyway: most feeds bring the newest.
    """
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE touched "
        "(partner_id VARCHAR(64), month INTEGER, PRIMARY KEY (partner_id, month))"
    )
    written = "changes c JOIN staged v ON v.line = c.line AND c.action <> 'late'"
    replaced = "changes c JOIN orders v ON v.order_id = c.order_id AND c.action = 'corrected'"
    months = " UNION ".join(
        f"SELECT v.partner_id, v.{month} FROM {versions}"
        for versions in (written, replaced)
        for month in ("placed_month", "outcome_month")
    )
    connection.exec_driver_sql(f"INSERT INTO touched {months}")
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE with_later_months AS SELECT DISTINCT m.partner_id FROM ("
        f"SELECT v.partner_id, MIN(v.placed_month) AS since FROM {written} GROUP BY v.partner_id "
        "UNION ALL "
        f"SELECT v.partner_id, MIN(v.placed_month) FROM {replaced} GROUP BY v.partner_id) v "
        "JOIN monthly_totals m ON m.partner_id = v.partner_id AND m.month >= v.since "
        "WHERE m.placed > 0 AND (m.partner_id, m.month) NOT IN "
        "(SELECT partner_id, month FROM touched)"
    )
    # Grouped, so that the index of customers is gone through in its order and once for each.
    customers = " UNION ".join(
        "SELECT p.partner_id, p.placed_month FROM (SELECT v.partner_id, v.customer_id, "
        f"MIN(v.placed_at) AS since FROM {versions} WHERE v.customer_id IS NOT NULL "
        "AND v.partner_id IN (SELECT partner_id FROM with_later_months) "
        "GROUP BY v.partner_id, v.customer_id) f JOIN orders p "
        "ON p.partner_id = f.partner_id AND p.customer_id = f.customer_id "
        "WHERE p.placed_at >= f.since"
        for versions in (written, replaced)
    )
    connection.exec_driver_sql(f"INSERT INTO touched {customers} ON CONFLICT DO NOTHING")


def _version_json(database: Database) -> str:
    """An expression for the `content` of a version under the alias `v`."""
    pairs = ", ".join(f"'{column}', v.{column}" for column in CONTENT)
    return f"json_object({pairs})" if database.is_sqlite else f"json_build_object({pairs})"


def _keep_corrected(connection: Connection, version: str) -> None:
    """Keep the versions that are about to be replaced.

    A version that was replaced in the second in which it became known may have a namesake; the
    first of them is kept.
    """
    connection.exec_driver_sql(
        "INSERT INTO order_versions (order_id, replaced_at, known_at, content) "
        f"SELECT v.order_id, s.known_at, v.known_at, {version} "
        "FROM changes c JOIN staged s ON s.line = c.line JOIN orders v ON v.order_id = c.order_id "
        "WHERE c.action = 'corrected' ON CONFLICT DO NOTHING"
    )


def _write_orders(connection: Connection) -> None:
    """Some lines at a time, by partner: new ids stand together, and so do a partner's rows.

    The key of the orders and their other indexes have different orders. In the file's order a row
    met another page of each index, and pages were written out and read again all the time.
    """
    updates = ", ".join(f"{c} = excluded.{c}" for c in (*CONTENT, "known_at"))
    columns = ", ".join(f"s.{c}" for c in ORDER_COLUMNS)
    connection.exec_driver_sql(
        f"INSERT INTO orders ({_COLUMNS}) SELECT {columns} FROM changes c "
        "JOIN staged s ON s.line = c.line WHERE c.action <> 'late' "
        f"ORDER BY s.line / {_TOGETHER}, s.partner_id "
        f"ON CONFLICT (order_id) DO UPDATE SET {updates}"
    )


def _keep_late(connection: Connection, version: str) -> int:
    """Put late rows among the earlier versions and mend the chain; returns how many were new."""
    connection.exec_driver_sql(
        "INSERT INTO earlier SELECT s.* FROM staged s "
        "JOIN changes c ON c.line = s.line WHERE c.action = 'late'"
    )
    kept = connection.exec_driver_sql(
        "INSERT INTO order_versions (order_id, replaced_at, known_at, content) "
        f"SELECT v.order_id, o.known_at, v.known_at, {version} "
        "FROM earlier v JOIN orders o ON o.order_id = v.order_id "
        "WHERE v.known_at < o.known_at AND NOT EXISTS (SELECT 1 FROM order_versions k "
        "WHERE k.order_id = v.order_id AND k.known_at = v.known_at)"
    ).rowcount
    connection.exec_driver_sql(
        "UPDATE order_versions SET replaced_at = COALESCE("
        "(SELECT MIN(n.known_at) FROM order_versions n WHERE n.order_id = order_versions.order_id "
        "AND n.known_at > order_versions.known_at), "
        "(SELECT o.known_at FROM orders o WHERE o.order_id = order_versions.order_id)) "
        "WHERE replaced_at > known_at AND order_id IN (SELECT order_id FROM earlier)"
    )
    return kept
