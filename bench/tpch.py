"""Real-sized data that we did not make up: `python -m bench.tpch [--scale 0.1]`.

TPC-H from `tpchgen-cli`: suppliers are partners, line items their orders; an item that was
returned or came late has failed. What TPC-H lacks (ratings, addresses, answers) is read off columns
that vary. The orders are imported, everybody is judged on every metric, and each figure must agree
with DuckDB's, computed by an independent query from the same file.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from bench.common import Row, finish, said
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.imports import ImportOptions, import_orders, import_partners
from partners.store.judging.judging import judge_all
from partners.store.policy import policies

NOW = datetime(1999, 1, 10, tzinfo=UTC)
AS_OF = date(1998, 11, 10)
LAST = Month(1998, 10)
WINDOWS = {
    "orders_per_month": 12,
    "acceptance_rate": 3,
    "completion_rate": 6,
    "cancellation_rate": 6,
    "rating": 12,
    "address_accuracy": 3,
    "response_hours": 1,
    "average_order_value": 12,
    "revenue": 6,
    "growth": 12,
    "repeat_rate": 12,
}

ORDERS = """
COPY (
    SELECT l_orderkey || '-' || l_linenumber AS order_id,
           's' || lpad(l_suppkey::VARCHAR, 6, '0') AS partner_id,
           strftime(l_shipdate, '%Y-%m-%dT10:00:00Z') AS placed_at,
           CASE WHEN l_shipinstruct = 'NONE' AND l_linenumber = 6 THEN 'rejected'
                WHEN l_shipinstruct = 'TAKE BACK RETURN' AND l_linenumber >= 5 THEN 'cancelled'
                WHEN l_returnflag = 'R' OR l_receiptdate > l_commitdate THEN 'failed'
                ELSE 'completed' END AS status,
           l_extendedprice::DECIMAL(15, 2) AS value,
           CASE WHEN l_linenumber % 2 = 0 THEN (5 - l_tax * 25)::DECIMAL(4, 2) END AS rating,
           CASE WHEN l_shipmode <> 'MAIL' THEN (l_shipmode <> 'FOB')::VARCHAR END AS address_ok,
           l_quantity::INTEGER AS response_hours,
           'c' || o_custkey AS customer_id,
           strftime(l_receiptdate, '%Y-%m-%dT09:00:00Z') AS outcome_at
    FROM read_parquet('{lineitem}') JOIN read_parquet('{orders}') ON o_orderkey = l_orderkey
    ORDER BY l_shipdate, l_orderkey, l_linenumber
) TO '{target}' (HEADER)
"""

PARTNERS = """
COPY (
    SELECT 's' || lpad(s_suppkey::VARCHAR, 6, '0') AS partner_id, 'S' || s_suppkey AS name,
           's@example.org' AS email, 'preferred' AS tier, 'reseller' AS kind,
           '1991-01-01' AS joined_on
    FROM read_parquet('{supplier}')
) TO '{target}' (HEADER)
"""

# An independent reading of docs/rules.md, "Metrics": over whole months, from the orders.
CHECK = """
WITH o AS (
    SELECT *, date_trunc('month', placed_at::TIMESTAMP) AS pm,
           date_trunc('month', outcome_at::TIMESTAMP) AS om,
           row_number() OVER (PARTITION BY partner_id, customer_id
                              ORDER BY placed_at, order_id) > 1 AS again
    FROM read_csv('{file}', header = true, types = {{'rating': 'DOUBLE', 'order_id': 'VARCHAR'}})
), p AS (SELECT DISTINCT partner_id FROM read_csv('{partners}', header = true)),
w AS (
    SELECT partner_id,
        count(*) FILTER (pm BETWEEN {m12} AND {end}) / 12.0 AS orders_per_month,
        count(*) FILTER (om BETWEEN {m3} AND {end} AND status IN ('completed', 'failed'))
            / nullif(count(*) FILTER (om BETWEEN {m3} AND {end}
                     AND status IN ('completed', 'failed', 'rejected')), 0)::DOUBLE
            AS acceptance_rate,
        count(*) FILTER (om BETWEEN {m6} AND {end} AND status = 'completed')
            / nullif(count(*) FILTER (om BETWEEN {m6} AND {end} AND status <> 'rejected'),
                     0)::DOUBLE
            AS completion_rate,
        count(*) FILTER (om BETWEEN {m6} AND {end} AND status = 'cancelled')
            / nullif(count(*) FILTER (om BETWEEN {m6} AND {end} AND status <> 'rejected'),
                     0)::DOUBLE
            AS cancellation_rate,
        avg(rating) FILTER (om BETWEEN {m12} AND {end}) AS rating,
        avg(address_ok::BOOLEAN::INTEGER) FILTER (om BETWEEN {m3} AND {end}) AS address_accuracy,
        avg(response_hours) FILTER (om BETWEEN {m1} AND {end}) AS response_hours,
        avg(value) FILTER (om BETWEEN {m12} AND {end} AND status = 'completed')
            AS average_order_value,
        sum(value) FILTER (om BETWEEN {m6} AND {end} AND status = 'completed') / 6.0 AS revenue,
        count(*) FILTER (pm BETWEEN {m6} AND {end})
            / nullif(count(*) FILTER (pm BETWEEN {m12} AND {m7}), 0)::DOUBLE - 1 AS growth,
        count(*) FILTER (pm BETWEEN {m12} AND {end} AND again)
            / nullif(count(*) FILTER (pm BETWEEN {m12} AND {end}), 0)::DOUBLE AS repeat_rate
    FROM o GROUP BY partner_id
)
SELECT p.partner_id, {columns} FROM p LEFT JOIN w USING (partner_id)
"""


def policy() -> Policy:
    keep = {
        name: {"at_least": "-1" if name == "growth" else 0, "window_months": months}
        | ({} if name in ("orders_per_month", "revenue") else {"min_sample": 0})
        for name, months in WINDOWS.items()
    }
    program = {
        "name": "TPC-H", "provider": "TPC", "time_zone": "UTC",
        "contact_email": "partners@example.org",
    }  # fmt: skip
    tier = {"key": "preferred", "kind": "preferred", "enter": keep}
    return Policy.model_validate(
        {"program": program, "staff": {"emails": ["staff@example.org"]}, "tiers": [tier]}
    )


def make_files(folder: Path, scale: float) -> tuple[Path, Path]:
    """The partners and the orders as CSV files."""
    command = [
        str(Path(sys.executable).parent / "tpchgen-cli"), "parquet", "-s", str(scale),
        "--tables=lineitem,orders,supplier", f"--output-dir={folder}",
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    partners, orders = folder / "partners.csv", folder / "orders.csv"
    duckdb.sql(PARTNERS.format(supplier=folder / "supplier.parquet", target=partners))
    duckdb.sql(
        ORDERS.format(
            lineitem=folder / "lineitem.parquet", orders=folder / "orders.parquet", target=orders
        )
    )
    return partners, orders


def duckdbs_figures(partners: Path, orders: Path) -> dict[tuple[str, str], float | None]:
    """Every metric of every partner, by DuckDB."""
    months = {f"m{n}": f"TIMESTAMP '{LAST.plus(1 - n).first_day}'" for n in (1, 3, 6, 7, 12)}
    query = CHECK.format(
        file=orders, partners=partners, end=f"TIMESTAMP '{LAST.first_day}'",
        columns=", ".join(WINDOWS), **months,
    )  # fmt: skip
    # count(*) is 0, not unknown, where a covered month has no orders
    zero = {"orders_per_month", "revenue"}
    found: dict[tuple[str, str], float | None] = {}
    for partner_id, *figures in duckdb.sql(query).fetchall():
        for name, figure in zip(WINDOWS, figures, strict=True):
            value = None if figure is None else float(figure)
            found[partner_id, name] = 0.0 if value is None and name in zero else value
    return found


def our_figures(database: Database) -> Iterator[tuple[tuple[str, str], float | None]]:
    with database.read() as session:
        for page in judge_all(session, policy(), LAST, AS_OF):
            for judged in page.judged:
                for finding in judged.assessment.findings:
                    actual = None if finding.actual is None else float(finding.actual)
                    yield (judged.partner_id, finding.metric), actual


def agree(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(other))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1)
    scale: float = parser.parse_args().scale
    folder = Path(tempfile.mkdtemp(prefix="bench-tpch-"))
    try:
        with said(f"TPC-H, scale factor {scale:g}"):
            partners, orders = make_files(folder, scale)
        database = Database(f"sqlite:///{folder / 'partners.db'}")
        migrate.upgrade(database)
        with database.write() as session:
            policies.accept(session, policy(), "", NOW, "bench")
        options = ImportOptions(policy=policy(), now=NOW)
        import_partners(database, partners, options)
        started = time.perf_counter()
        imported = import_orders(database, orders, options)
        import_seconds = time.perf_counter() - started
        assert not imported.rejected, f"rejected: {imported.rejected_path}"
        started = time.perf_counter()
        ours = dict(our_figures(database))
        judge_seconds = time.perf_counter() - started
        database.close()
        with said("DuckDB's figures"):
            theirs = duckdbs_figures(partners, orders)
    finally:
        shutil.rmtree(folder)
    differing = [key for key in theirs if not agree(ours.get(key), theirs[key])]
    for key in differing[:10]:
        print(f"{key}: ours {ours.get(key)}, DuckDB's {theirs[key]}")
    known = sum(value is not None for value in theirs.values())
    about = f"{imported.new:,} orders in {import_seconds:.1f} s, judged in {judge_seconds:.2f} s"
    return finish(
        [
            Row("figures that differ from DuckDB's", len(differing), 0, "",
                f"of {len(theirs):,} ({known:,} known); {about}"),
            Row("partners without figures", len(theirs) - len(ours), 0, ""),
        ]
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
