"""Imports that end while a review judges: nothing doubled, nothing lost, no half states."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from partners.domain.policy.policy import Policy
from partners.store.engine.database import Database
from partners.store.imports import ImportOptions, ImportResult, import_metrics, import_orders
from partners.store.judging import window_sums
from partners.store.judging.totals import recount_all
from partners.store.tables.feed_tables import MonthlyTotalRow, OrderRow
from partners.store.tables.review_tables import ReviewAssessmentRow
from tests import builders
from tests.activities.conftest import NOW, Desk
from tests.activities.reviews.test_review_activities import PARTNERS, Bench

EVERYBODY = ["acme", *PARTNERS]
FIRST, LAST = date(2035, 2, 1), date(2035, 2, 28)
Importer = Callable[[Database, Path, ImportOptions], ImportResult]


def policy() -> Policy:
    """One criterion of orders, one of a metric that is fed."""
    keep = {"orders_per_month": {"at_least": 100}, "nps": {"at_least": 5}}
    return builders.a_policy(
        metrics={"nps": {"label": "NPS"}},
        tiers=[{"key": "preferred", "kind": "preferred", "enter": keep}],
    )


class Feed:
    """Files of orders and metrics for the bench's database."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database, self._folder = database, folder

    def orders(self, name: str, partner_ids: Sequence[str], each: int) -> ImportResult:
        """`each` new orders in the reviewed month of each partner."""
        lines = [
            f"{name}/{partner_id}/{n},{partner_id},2035-02-{1 + n % 27:02d}T10:00:00Z,completed"
            for partner_id in partner_ids
            for n in range(each)
        ]
        return self._import(import_orders, name, "order_id,partner_id,placed_at,status", lines)

    def nps(self, name: str, value: int) -> ImportResult:
        lines = [f"{partner_id},2035-02,nps,{value},10" for partner_id in EVERYBODY]
        return self._import(import_metrics, name, "partner_id,month,metric,value,sample", lines)

    def _import(self, do: Importer, name: str, header: str, lines: list[str]) -> ImportResult:
        path = self._folder / f"{name}.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        result = do(self._database, path, ImportOptions(policy=policy(), now=NOW))
        assert result.rejected == 0
        return result


@pytest.fixture
def feed(database: Database, tmp_path: Path) -> Feed:
    return Feed(database, tmp_path)


@pytest.fixture
def bench(database: Database, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """26 partners with 6 orders each and an NPS of 1, in pages of ten."""
    monkeypatch.setattr(window_sums, "PAGE", 10)
    builders.accept(database, policy())
    with database.write() as session:
        for partner_id in EVERYBODY:
            builders.a_partner(session, partner_id)
            builders.orders(session, partner_id, FIRST, LAST, 6)
        builders.covered(session, builders.DayRange(date(2034, 1, 1), date(2036, 12, 31)))
    feed.nps("before", 1)
    return Bench(Desk(database))


def found(bench: Bench) -> dict[str, tuple[int, int]]:
    """Of each partner judged, the orders a month and the NPS that the review went by."""
    with bench.desk.database.read() as session:
        rows = session.scalars(select(ReviewAssessmentRow)).all()
    assert len({row.partner_id for row in rows}) == len(rows)
    return {row.partner_id: _figures(row.findings) for row in rows}


def _figures(findings: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    actual = {finding["metric"]: int(float(finding["actual"])) for finding in findings}
    return actual["orders_per_month"], actual["nps"]


def placed(bench: Bench) -> dict[str, int]:
    with bench.desk.database.read() as session:
        rows = session.scalars(select(MonthlyTotalRow).where(MonthlyTotalRow.month == 203502))
        return {row.partner_id: row.placed for row in rows}


def assert_nothing_lost(bench: Bench, orders: int) -> None:
    """Every order is there once, and the totals are those that counting anew gives."""
    before = placed(bench)
    with bench.desk.database.write() as session:
        assert session.scalar(select(func.count()).select_from(OrderRow)) == orders
        recount_all(session.connection())
    assert placed(bench) == before
    assert sum(before.values()) == orders


def test_a_partner_is_judged_on_one_state_though_imports_end_within_a_page(
    bench: Bench, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders, then metrics come in between the page's two queries for them."""
    real, pages = window_sums._fed, 0

    def fed(*arguments: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 2:
            feed.orders("more", EVERYBODY, 5)
            feed.nps("better", 9)
        return real(*arguments)

    monkeypatch.setattr(window_sums, "_fed", fed)

    bench.judge(bench.claim())

    figures = found(bench)
    assert sorted(figures) == EVERYBODY
    seen = [figures[partner_id] for partner_id in EVERYBODY]
    assert seen == [(6, 1)] * 20 + [(11, 9)] * 6
    assert_nothing_lost(bench, 26 * 11)


def test_two_imports_at_once_during_a_review_are_both_kept_in_whole(
    bench: Bench, feed: Feed
) -> None:
    """Both bring orders of acme, whose month they count anew; the review goes on beside them."""
    view = bench.claim()
    errors: list[BaseException] = []

    def run(name: str, partner_ids: Sequence[str]) -> None:
        try:
            feed.orders(name, partner_ids, 3)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=("one", EVERYBODY[:16])),
        threading.Thread(target=run, args=("two", ["acme", *EVERYBODY[16:]])),
    ]
    beat = bench.heartbeats

    class Starting(list[tuple[Any, ...]]):
        def append(self, details: tuple[Any, ...]) -> None:
            super().append(details)
            if len(self) == 1:
                for thread in threads:
                    thread.start()

    bench.heartbeats = Starting(beat)
    bench.judge(view)
    for thread in threads:
        thread.join()

    assert errors == []
    figures = found(bench)
    assert sorted(figures) == EVERYBODY
    assert [figures[partner_id] for partner_id in EVERYBODY[:10]] == [(6, 1)] * 10
    for page in (EVERYBODY[10:20], EVERYBODY[20:]):  # page by page, each import is in it or not
        for part in (set(page) & set(EVERYBODY[:16]), set(page) & set(EVERYBODY[16:])):
            assert len({figures[partner_id] for partner_id in part}) <= 1
    assert set(figures.values()) <= {(6, 1), (9, 1)}
    assert placed(bench)["acme"] == 12
    assert_nothing_lost(bench, 26 * 6 + 27 * 3)


def test_a_review_that_judges_again_after_an_import_keeps_what_it_stored(
    bench: Bench, feed: Feed
) -> None:
    """A page is judged again after a crash; the first finding stands, and its partner once."""
    view = bench.claim()
    bench.judge(view)
    feed.orders("more", EVERYBODY, 5)

    bench.judge(view)

    assert set(found(bench).values()) == {(6, 1)}
    assert_nothing_lost(bench, 26 * 11)
