"""What each column of `Totals` counts, as SQL over `orders`: the one definition.

docs/rules.md, "Metrics", says the same in words.

The same expressions make the monthly totals and the sums over trailing days, on SQLite and on
PostgreSQL. They speak of one order under the alias `o`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, TextClause, bindparam, text
from sqlalchemy.orm import Session

from partners.domain.policy.metrics import TOTAL_NAMES, Totals
from partners.domain.time.calendar import Month
from partners.store.judging import service_totals
from partners.store.tables.base import ask

# Any earlier order counts, also an excluded one: the customer did come back.
_REPEAT = """EXISTS (
    SELECT 1 FROM orders e
    WHERE e.partner_id = o.partner_id AND e.customer_id = o.customer_id
      AND (e.placed_at, e.order_id) < (o.placed_at, o.order_id)
)"""
_NAMES_CUSTOMER = "o.customer_id IS NOT NULL AND o.excluded_reason IS NULL"
_COUNTS = "o.excluded_reason IS NULL"


def _count(condition: str) -> str:
    return f"COUNT(*) FILTER (WHERE {condition})"


def _sum(column: str, condition: str) -> str:
    return f"COALESCE(SUM(o.{column}) FILTER (WHERE {condition}), 0)"


BY_PLACED_AT = {
    "placed": "COUNT(*)",
    "customer_orders": _count(_NAMES_CUSTOMER),
    "repeat_orders": _count(f"{_NAMES_CUSTOMER} AND {_REPEAT}"),
}
"""Columns that count an order when it was placed."""

_COMPLETED = f"o.status = 'completed' AND {_COUNTS}"

BY_OUTCOME_AT = {
    # a cancelled order may never have been accepted
    "accepted": _count(f"o.status IN ('accepted', 'completed', 'failed') AND {_COUNTS}"),
    "rejected": _count(f"o.status = 'rejected' AND {_COUNTS}"),
    "completed": _count(_COMPLETED),
    "failed": _count(f"o.status = 'failed' AND {_COUNTS}"),
    "cancelled": _count(f"o.status = 'cancelled' AND {_COUNTS}"),
    "value_cents": _sum("value_cents", _COMPLETED),
    "value_count": _count(f"o.value_cents IS NOT NULL AND {_COMPLETED}"),
    "rating_milli": _sum("rating_milli", _COUNTS),
    "rating_count": _count(f"o.rating_milli IS NOT NULL AND {_COUNTS}"),
    "address_ok": _sum("address_ok", _COUNTS),
    "address_count": _count(f"o.address_ok IS NOT NULL AND {_COUNTS}"),
    "response_seconds": _sum("response_seconds", _COUNTS),
    "response_count": _count(f"o.response_seconds IS NOT NULL AND {_COUNTS}"),
}
"""Columns that count an order when its outcome happened."""

assert {*BY_PLACED_AT, *BY_OUTCOME_AT} == set(TOTAL_NAMES)


def _list(expressions: dict[str, str]) -> str:
    return ", ".join(f"{expression} AS {name}" for name, expression in expressions.items())


def _only(columns: dict[str, str]) -> str:
    """Every column of Totals, zero for those that the other of the two dates counts."""
    return ", ".join(name if name in columns else f"0 AS {name}" for name in TOTAL_NAMES)


# Orders are grouped once by both months and their service, and only the few groups are added up.
# Most orders end in the month they were placed in, so most groups are added to one month at once.
_GROUP = f"""
CREATE TEMPORARY TABLE per_months AS
SELECT o.partner_id, o.placed_month, o.outcome_month,
       {service_totals.SERVICE} AS service, {service_totals.OFFER} AS offer_id,
       {_list(BY_PLACED_AT)}, {_list(BY_OUTCOME_AT)}
FROM {{orders}} GROUP BY 1, 2, 3, 4, 5
"""
_ROLLUP = f"""
WITH per_month AS (
    SELECT partner_id, placed_month AS month, {", ".join(TOTAL_NAMES)}
    FROM per_months WHERE outcome_month = placed_month
    UNION ALL
    SELECT partner_id, placed_month, {_only(BY_PLACED_AT)}
    FROM per_months WHERE outcome_month <> placed_month
    UNION ALL
    SELECT partner_id, outcome_month, {_only(BY_OUTCOME_AT)}
    FROM per_months WHERE outcome_month <> placed_month
)
INSERT INTO monthly_totals (partner_id, month, {", ".join(TOTAL_NAMES)})
SELECT m.partner_id, m.month, {", ".join(f"SUM(m.{name})" for name in TOTAL_NAMES)}
FROM per_month m {{join}} GROUP BY m.partner_id, m.month
"""

# Each order once: by the month it was placed in, else by that of its outcome.
_TOUCHED_ORDERS = """(
    SELECT p.* FROM touched t JOIN orders p
        ON p.partner_id = t.partner_id AND p.placed_month = t.month
    UNION ALL
    SELECT p.* FROM touched t JOIN orders p
        ON p.partner_id = t.partner_id AND p.outcome_month = t.month
    WHERE p.outcome_month <> p.placed_month AND NOT EXISTS (
        SELECT 1 FROM touched u
        WHERE u.partner_id = p.partner_id AND u.month = p.placed_month
    )
) o"""


_TOTALS = ("monthly_totals", "service_totals")


def recount_all(connection: Connection) -> int:
    """Make every total anew from the orders; returns how many partner-months there are."""
    for table in _TOTALS:
        connection.exec_driver_sql(f"DELETE FROM {table}")
    _add_up(connection, "orders o", lambda _: "")
    return int(connection.exec_driver_sql("SELECT COUNT(*) FROM monthly_totals").scalar_one())


def recount_touched(connection: Connection) -> None:
    """Make the totals anew of the months that the temporary table `touched (partner_id, month)`
    names."""
    for table in _TOTALS:
        connection.exec_driver_sql(
            f"DELETE FROM {table} WHERE (partner_id, month) IN "
            "(SELECT partner_id, month FROM touched)"
        )
    touched = "JOIN touched t ON t.partner_id = m.partner_id AND t.month = m.{}"
    _add_up(connection, _TOUCHED_ORDERS, touched.format)


def _add_up(connection: Connection, orders: str, join: Callable[[str], str]) -> None:
    """Store the totals of these orders.

    `join`: leaves out the months of `m` that are not counted, given the name of their column.
    """
    connection.exec_driver_sql(_GROUP.format(orders=orders))
    connection.exec_driver_sql(_ROLLUP.format(join=join("month")))
    service_totals.add_up(connection, join)
    connection.exec_driver_sql("DROP TABLE per_months")


# One row each, side by side.
_TRAILING = text(f"""
SELECT * FROM (
    SELECT {_list(BY_PLACED_AT)} FROM orders o WHERE o.partner_id = :partner_id
    AND o.placed_month BETWEEN :first_month AND :last_month
    AND o.placed_at >= :start AND o.placed_at < :end
) AS placed, (
    SELECT {_list(BY_OUTCOME_AT)} FROM orders o WHERE o.partner_id = :partner_id
    AND o.outcome_month BETWEEN :first_month AND :last_month
    AND o.outcome_at >= :start AND o.outcome_at < :end
) AS outcome
""")


def trailing_totals(
    session: Session, partner_id: str, first: date, last: date, zone: ZoneInfo
) -> Totals:
    """The partner's totals over days in the program's zone, both included.

    All zero if `last` is before `first`.
    """
    window = {
        "partner_id": partner_id,
        "first_month": Month.of(first).number,
        "last_month": Month.of(last).number,
        "start": _epoch(first, zone),
        "end": _epoch(last + timedelta(days=1), zone),
    }
    row = ask(session, _TRAILING, window).one()
    return Totals(**{name: int(value) for name, value in row._mapping.items()})


def trailing_totals_of(
    session: Session,
    partner_ids: Sequence[str],
    first: date,
    last: date,
    zone: ZoneInfo,
    columns: Iterable[str],
) -> dict[str, Totals]:
    """`trailing_totals` of several partners in two queries; those without orders are left out.

    `columns`: what is asked for; the others stay zero.
    """
    window = {
        "ids": list(partner_ids),
        "first_month": Month.of(first).number,
        "last_month": Month.of(last).number,
        "start": _epoch(first, zone),
        "end": _epoch(last + timedelta(days=1), zone),
    }
    asked = set(columns)
    sums: dict[str, dict[str, int]] = {}
    for expressions, months in ((BY_PLACED_AT, _PLACED_IN), (BY_OUTCOME_AT, _OUTCOME_IN)):
        wanted = {name: e for name, e in expressions.items() if name in asked}
        if wanted:
            query = _sums_by_partner(tuple(wanted.items()), months)
            for partner_id, *values in session.execute(query, window):
                known = sums.setdefault(partner_id, {})
                known.update(zip(wanted, map(int, values), strict=True))
    return {partner_id: Totals(**known) for partner_id, known in sums.items()}


_PLACED_IN = (
    "orders o WHERE o.partner_id IN :ids "
    "AND o.placed_month BETWEEN :first_month AND :last_month "
    "AND o.placed_at >= :start AND o.placed_at < :end"
)
# Most outcomes fall into the month of the order, whose index serves; the others have their own.
_OUTCOME_IN = """(
    SELECT * FROM orders p WHERE p.partner_id IN :ids
        AND p.placed_month BETWEEN :first_month AND :last_month
        AND p.outcome_month = p.placed_month AND p.outcome_at >= :start AND p.outcome_at < :end
    UNION ALL
    SELECT * FROM orders p WHERE p.partner_id IN :ids
        AND p.outcome_month BETWEEN :first_month AND :last_month
        AND p.outcome_month <> p.placed_month AND p.outcome_at >= :start AND p.outcome_at < :end
) o"""


@lru_cache(maxsize=64)
def _sums_by_partner(expressions: tuple[tuple[str, str], ...], source: str) -> TextClause:
    query = text(f"SELECT o.partner_id, {_list(dict(expressions))} FROM {source} GROUP BY 1")
    return query.bindparams(bindparam("ids", expanding=True))


def _epoch(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
