"""The steps of a review one by one, on both database systems: resumed, repeated, side by side."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.cases import case_news
from activities.judging.corrections import changed_since_closed, closed_differently, settle_rechecks
from activities.reviews.activities import ReviewActivities
from activities.reviews.case_activities import ReviewCaseActivities
from partners.domain.judging.coverage import DayRange
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.domain.reviews.view import (
    ClaimReview,
    FinishReview,
    JudgeRange,
    PartnerRange,
    ReviewRef,
    ReviewView,
)
from partners.store.cases import marks, rechecks
from partners.store.engine.database import Database
from partners.store.judging import window_sums
from partners.store.judging.totals import recount_all
from partners.store.mail import outbox
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.review_tables import ReviewAssessmentRow, ReviewRow
from tests import builders
from tests.activities.conftest import NOW, Desk

PARTNERS = [f"p{n:02d}" for n in range(25)]


class Died(Exception):
    """Stands for the worker's death."""


class NobodyRuns:
    """In place of the server: writes down whom it was to start or tell."""

    def __init__(self, running: Sequence[str] = ()) -> None:
        self.running = set(running)
        self.cases_running: set[str] | None = None
        self.started: list[str] = []
        self.told: list[str] = []

    async def start(self, partner_id: str) -> None:
        self.started.append(partner_id)

    async def tell(self, partner_id: str) -> bool:
        self.told.append(partner_id)
        return True

    async def is_running(self, workflow_id: str) -> bool:
        return workflow_id in self.running

    async def looked_after(self, beat: Callable[[], None]) -> set[str] | None:
        return self.cases_running


class Bench:
    """A review's activities, with what a worker that died left behind in the test's hand."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.running = NobodyRuns()
        services = desk.cases._services
        self.reviews = ReviewActivities(services, self.running)
        self.cases = ReviewCaseActivities(services, self.running)
        self.heartbeats: list[tuple[Any, ...]] = []

    def call(
        self,
        activity: Any,
        request: Any,
        me: str = "review/a",
        heartbeat: Any = (),
        die_at: int = 0,
    ) -> Any:
        """Run an activity; `die_at`: at that heartbeat, the rest is not done."""
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(
            environment.info,
            started_time=self.desk.now,
            workflow_id=me,
            heartbeat_details=heartbeat,
        )

        def beat(*details: Any) -> None:
            self.heartbeats.append(details)
            if len(self.heartbeats) == die_at:
                raise Died

        environment.on_heartbeat = beat
        result = environment.run(activity, request)
        return asyncio.run(result) if asyncio.iscoroutine(result) else result

    def claim(self, kind: ReviewKind = ReviewKind.MONTHLY, me: str = "review/a") -> ReviewView:
        return self.call(self.reviews.claim_review, ClaimReview(kind, None, NOW), me)

    def judge(self, view: ReviewView, **options: Any) -> dict[str, int]:
        return self.call(
            self.reviews.judge_range, JudgeRange(view.review_id, view.ranges[0]), **options
        )

    def judged(self, review_id: str = "monthly/2035-02") -> list[str]:
        with self.desk.database.read() as session:
            query = select(ReviewAssessmentRow.partner_id).where(
                ReviewAssessmentRow.review_id == review_id
            )
            return sorted(session.scalars(query))


@pytest.fixture
def bench(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """26 partners below standards, in pages of ten."""
    monkeypatch.setattr(window_sums, "PAGE", 10)
    with desk.database.write() as session:
        for partner_id in PARTNERS:
            builders.a_partner(session, partner_id)
            builders.orders(session, partner_id, date(2035, 2, 1), date(2035, 2, 28), 6)
        recount_all(session.connection())
    return Bench(desk)


def test_a_review_goes_on_after_the_last_page_that_was_stored(bench: Bench) -> None:
    view = bench.claim()
    with pytest.raises(Died):
        bench.judge(view, die_at=2)
    assert len(bench.judged()) == 20

    bench.heartbeats.clear()
    bench.judge(view)  # the heartbeat was lost with the worker

    assert [after for after, _ in bench.heartbeats] == ["p24"]
    assert bench.judged() == ["acme", *PARTNERS]


def test_a_daily_watch_goes_on_from_its_heartbeat_and_counts_each_once(bench: Bench) -> None:
    view = bench.claim(ReviewKind.DAILY)
    with pytest.raises(Died):
        bench.judge(view, die_at=2)

    counts = bench.judge(view, heartbeat=bench.heartbeats[-1])

    assert counts == {"judged": 26, "exempt": 0, "below": 26}


def test_judging_twice_changes_nothing(bench: Bench) -> None:
    view = bench.claim()
    bench.judge(view)
    bench.judge(view)

    done = bench.call(bench.reviews.finish_review, FinishReview(view.review_id, {"started": 26}))

    assert done.status is ReviewStatus.DONE
    assert done.counts == {
        "judged": 26, "passing": 0, "below": 26, "insufficient": 0, "case": 26,
        "exempt": 0, "started": 26,
    }  # fmt: skip


def test_ranges_judged_side_by_side_judge_everybody_once(bench: Bench) -> None:
    view = bench.claim()
    parts = [PartnerRange("", "p05"), PartnerRange("p05", "p15"), PartnerRange("p15", None)]
    errors: list[BaseException] = []

    def work(part: PartnerRange) -> None:
        try:
            bench.call(bench.reviews.judge_range, JudgeRange(view.review_id, part))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(part,)) for part in (*parts, *parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert bench.judged() == ["acme", *PARTNERS]


def test_a_period_that_another_run_has_is_left_to_it_while_that_runs(bench: Bench) -> None:
    bench.claim(me="review/a")
    bench.running.running.add("review/a")
    assert not bench.claim(me="review/b").mine

    bench.running.running.clear()

    taken = bench.claim(me="review/b")
    assert (taken.mine, taken.claimed_by) == (True, "review/b")


def test_cases_are_started_once_a_partner_and_go_on_after_a_crash(bench: Bench) -> None:
    view = bench.claim()
    bench.judge(view)

    assert bench.call(bench.cases.open_cases, ReviewRef(view.review_id)) == 26
    assert bench.running.started == ["acme", *PARTNERS]

    bench.running.started.clear()
    resumed = bench.call(bench.cases.open_cases, ReviewRef(view.review_id), heartbeat=("p20", 22))
    assert (resumed, bench.running.started) == (26, ["p21", "p22", "p23", "p24"])


def test_over_the_guard_a_review_asks_once_and_says_how_many(bench: Bench) -> None:
    view = bench.claim()
    bench.judge(view)

    asked = [bench.call(bench.cases.ask_guard, ReviewRef(view.review_id)) for _ in range(2)]

    assert asked[0] == asked[1]
    assert (asked[0].state, asked[0].partners) == ("waiting", 26)
    assert asked[0].detail == (
        "26 of 26 partners would be warned; 0 others were warned or removed in the last 7 days"
    )
    with bench.desk.database.read() as session:
        assert session.get_one(ReviewRow, view.review_id).status == "waiting"


@pytest.mark.parametrize("switch", ["review", "review/monthly", "review/monthly/2035-02"])
def test_rule_14_a_stopped_review_judges_nobody_and_says_who_stopped_it(
    bench: Bench, switch: str
) -> None:
    with bench.desk.database.write() as session:
        outbox.stop(session, switch, "Ann", "look first", NOW)
        outbox.stop(session, "review/quarterly", "Bo", "another one", NOW)

    view = bench.claim()

    assert view.status is ReviewStatus.REFUSED
    assert view.detail == "reviews are stopped by Ann: look first"


def test_rule_14_another_review_is_not_stopped(bench: Bench) -> None:
    with bench.desk.database.write() as session:
        outbox.stop(session, "review/quarterly", "Bo", "look first", NOW)

    assert bench.claim().status is ReviewStatus.RUNNING


def test_rule_14_a_review_that_is_stopped_after_it_judged_starts_nobody_until_it_may_go_on(
    bench: Bench,
) -> None:
    view = bench.claim()
    bench.judge(view)
    with bench.desk.database.write() as session:
        outbox.stop(session, "review/monthly", "Ann", "look first", NOW)

    with pytest.raises(ApplicationError, match="stopped by Ann: look first") as stopped:
        bench.call(bench.cases.open_cases, ReviewRef(view.review_id))
    assert not stopped.value.non_retryable
    assert bench.running.started == []

    with bench.desk.database.write() as session:
        outbox.go(session, "review/monthly")
    assert bench.call(bench.cases.open_cases, ReviewRef(view.review_id)) == 26


def test_exempt_partners_get_no_case(bench: Bench) -> None:
    from partners.store.tables.case_tables import OverrideRow

    with bench.desk.database.write() as session:
        for partner_id, kind, until in (
            ("p00", "waiver", date(2035, 4, 1)),
            ("p01", "block", None),
            ("p02", "waiver", date(2035, 2, 15)),  # ended within the month
            ("p05", "pin", None),
            ("p06", "pin", date(2035, 2, 15)),  # ended within the month
            ("p07", "offers", None),  # some offers are blocked: judged as everybody
        ):
            session.add(
                OverrideRow(
                    partner_id=partner_id, kind=kind, from_day=date(2035, 1, 1), until_day=until,
                    who="Ann", reason="tests",
                )
            )  # fmt: skip
    bench.desk.open("p03")

    bench.judge(view := bench.claim())

    with bench.desk.database.read() as session:
        rows = session.scalars(
            select(ReviewAssessmentRow).where(ReviewAssessmentRow.review_id == view.review_id)
        ).all()
    actions = {row.partner_id: row.action for row in rows}
    assert "p00" not in actions
    assert "p01" not in actions
    assert "p05" not in actions
    assert (actions["p02"], actions["p03"], actions["p04"]) == ("none", "none", "case")
    assert (actions["p06"], actions["p07"]) == ("none", "case")


def test_an_open_case_that_no_workflow_looks_after_gets_one_that_goes_on(bench: Bench) -> None:
    for partner_id in ("p00", "p01"):
        bench.desk.warned(partner_id)
    view = bench.claim()
    bench.running.cases_running = {"p01"}

    assert bench.call(bench.cases.tell_cases, ReviewRef(view.review_id)) == 1

    assert (bench.running.started, bench.running.told) == (["p00"], [])


def test_only_open_cases_with_something_new_are_told(bench: Bench) -> None:
    database = bench.desk.database
    quiet, improved, touched = (bench.desk.warned(p) for p in ("p00", "p01", "p02"))
    assert quiet.case_id
    with database.write() as session:
        session.get_one(CaseRow, touched.case_id).untold = True
        builders.orders(session, "p01", date(2035, 3, 1), date(2035, 3, 20), 40)
        recount_all(session.connection())
    bench.desk.now = datetime(2035, 3, 20, 12, tzinfo=UTC)

    assert improved.case_id
    page = case_news.next_page(database, "", bench.desk.now)
    assert page is not None
    assert (page.partner_ids, page.with_news) == (["p00", "p01", "p02"], ["p01", "p02"])


def test_looking_after_open_cases_goes_on_after_the_last_page_that_was_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_news, "PAGE", 2)
    for partner_id in PARTNERS[:5]:
        case = bench.desk.warned(partner_id)
        with bench.desk.database.write() as session:
            session.get_one(CaseRow, case.case_id).untold = True
    ref = ReviewRef(bench.claim(ReviewKind.DAILY).review_id)
    with pytest.raises(Died):
        bench.call(bench.cases.tell_cases, ref, die_at=4)  # two heartbeats a page
    assert bench.running.told == PARTNERS[:4]

    told = bench.call(bench.cases.tell_cases, ref, heartbeat=bench.heartbeats[-1])

    assert (told, bench.running.told) == (5, PARTNERS[:5])


def test_rule_19_a_removal_that_corrected_orders_do_not_bear_out_is_listed_for_staff(
    database: Database,
) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.orders(session, "acme", date(2035, 2, 1), date(2035, 2, 28), 6)
        builders.covered(session, DayRange(date(2034, 1, 1), date(2036, 12, 31)))
    desk = Desk(database)
    case = desk.warned()
    desk.now = datetime(2035, 4, 24, 12, tzinfo=UTC)
    desk.close(desk.apply(desk.decide(case)))
    assert desk.row(case).outcome == "removed"
    assert list(closed_differently(database, desk.now)) == []

    with database.write() as session:
        builders.orders(session, "acme", date(2035, 2, 3), date(2035, 2, 20), 10, status="accepted")
        recount_all(session.connection())
        assert session.query(OrderRow).count() == 16

    ((found, why),) = closed_differently(database, desk.now)
    assert (found.case_id, why) == (case.case_id, "was not below standards after all")

    # the inbox judges anew only what an import has marked, and forgets what changes nothing
    assert list(changed_since_closed(database, desk.now, timedelta(days=180))) == []
    with database.write() as session:
        assert not rechecks.touched(session.connection(), [("acme", 203505), ("else", 203501)])
    assert list(changed_since_closed(database, desk.now, timedelta(days=180))) == []
    with database.write() as session:
        again = rechecks.touched(session.connection(), [("acme", 203502)])
        marks.mark(session.connection(), recheck=again)
    settle_rechecks(database, desk.now)
    ((found, why),) = changed_since_closed(database, desk.now, timedelta(days=180))
    assert (found.case_id, why) == (case.case_id, "was not below standards after all")


def test_a_change_that_bears_a_removal_out_is_judged_once(desk: Desk) -> None:
    case = desk.warned()
    desk.now = datetime(2035, 4, 24, 12, tzinfo=UTC)
    desk.close(desk.apply(desk.decide(case)))
    with desk.database.write() as session:
        again = rechecks.since(session.connection(), date(2035, 4, 1))
        marks.mark(session.connection(), recheck=again)
    assert desk.row(case).recheck

    settle_rechecks(desk.database, desk.now)

    assert not desk.row(case).recheck


def test_many_open_cases_are_read_in_the_same_queries_as_one(bench: Bench) -> None:
    """As the daily watch would else be at its work all day; for its speed see bench.watch."""

    def statements() -> int:
        asked: list[str] = []

        def ask(*given: object) -> None:
            asked.append(str(given[2]))

        engine = database.engine
        event.listen(engine, "before_cursor_execute", ask)
        try:
            page = case_news.next_page(database, "", bench.desk.now)
        finally:
            event.remove(engine, "before_cursor_execute", ask)
        assert page is not None
        assert not any("FOR UPDATE" in query for query in asked)  # nobody waits for who only looks
        return len(asked)

    database = bench.desk.database
    bench.desk.warned("p00")
    one = statements()
    for partner_id in PARTNERS[1:5]:
        bench.desk.warned(partner_id)
    assert statements() == one
