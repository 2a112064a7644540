# mypy: ignore-errors
"""Makes `program_in_use.db.gz`: a program in use, as an older version of this code leaves it.

Run by the code of commit 330178e, whose modules lay elsewhere, from its folder:

    git worktree add ../older 330178e && cd ../older && make setup
    .venv/bin/python NEWER/tests/store/engine/make_program_in_use.py program_in_use.db.gz

`tests/activities/cases/test_program_in_use.py` brings it up to date and goes on with its cases.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import sqlite3
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path.cwd()))

from temporalio.testing import ActivityEnvironment

from activities.reviews import ReviewActivities
from partners.domain.case_view import Command
from partners.domain.coverage import DayRange
from partners.domain.notices import NoticeKind
from partners.domain.review import ReviewKind
from partners.domain.review_view import ClaimReview, FinishReview, JudgeRange
from partners.store import appraisals, migrate
from partners.store.case_tables import CaseRow, OverrideRow
from partners.store.database import Database
from partners.store.program_tables import PartnerRow, SwitchRow
from partners.store.totals import recount_all
from tests import builders
from tests.activities.conftest import Desk

PARTNERS = (
    *("appealed", "corrected", "cured", "decided", "deciding", "extended", "graced", "guarded"),
    *("passing", "paused", "recovering", "removed", "stopped", "undeliverable"),
    *("unwarned", "waived"),
)
LATE = ("graced", "guarded", "recovering", "unwarned", "undeliverable", "waived", "passing")
"""Nobody opens a case of theirs in March; their cases are of April."""
EARLY = [name for name in PARTNERS if name not in LATE]
MARCH, APRIL = datetime(2035, 3, 5, 12, tzinfo=UTC), datetime(2035, 4, 5, 12, tzinfo=UTC)
DECISION = datetime(2035, 4, 23, 9, tzinfo=UTC)
LOOSE = {"always_allow": 100, "max_partners": 100}


def fill(database: Database) -> None:
    builders.accept(database, builders.a_policy(guard=LOOSE))
    with database.write() as session:
        for name in PARTNERS:
            builders.a_partner(session, name)
            good = name in ("passing", "recovering")
            first = date(2035, 2, 1)
            builders.orders(session, name, first, date(2035, 2, 28), 12 if good else 6)
        day = date(2035, 3, 10)
        builders.orders(session, "passing", day, day, 12)
        session.get_one(PartnerRow, "undeliverable").email = "nobody@example.invalid"
        session.add(SwitchRow(name="nudge", stopped_at=MARCH, who="Ann", reason="a test"))
        builders.a_complaint(session, "graced", date(2035, 3, 2))
        builders.covered(session, DayRange(date(2034, 1, 1), date(2036, 12, 31)))
    desk = Desk(database)
    desk.now = MARCH
    review(desk)
    cases = {name: desk.warned(name) for name in EARLY}
    with database.write() as session:
        appraisals.note(session, "cured", "Asked for a call.", who="Ann", at=MARCH)
        day = date(2035, 3, 7)
        builders.orders(session, "cured", day, day, 15)
        recount_all(session.connection())
    desk.now = MARCH + timedelta(days=5)
    cases["cured"] = desk.assess(cases["cured"])
    for name, order in (
        ("extended", desk.commands.extend_case),
        ("paused", desk.commands.pause_case),
        ("appealed", desk.commands.appeal_case),
    ):
        more = {"days": 7} if name == "extended" else {}
        desk.tell(desk.command(order, cases[name], **more))
    with database.write() as session:
        builders.orders(session, "corrected", date(2035, 2, 3), date(2035, 2, 20), 10, "accepted")
        recount_all(session.connection())
        session.get_one(CaseRow, cases["corrected"].case_id).untold = True
    finish(desk, desk.apply(desk.assess(cases["corrected"])), NoticeKind.CORRECTION)
    void = Command(cases["stopped"].case_id, "Ann", "a mistake of ours")
    finish(desk, desk.call(desk.cases.void_case, void), NoticeKind.CORRECTION)
    desk.now = MARCH + timedelta(days=20)
    finish(desk, desk.apply(desk.decide(cases["cured"])), NoticeKind.RECOVERED)
    in_april(desk)
    desk.now = DECISION
    finish(desk, desk.apply(desk.decide(cases["removed"])), NoticeKind.REMOVAL)
    desk.apply(desk.decide(cases["decided"]))
    desk.decide(cases["deciding"])


def in_april(desk: Desk) -> None:
    desk.now = APRIL
    for name in ("graced", "recovering"):
        desk.warned(name)
    undeliverable = desk.open("undeliverable").case
    desk.send(undeliverable, NoticeKind.WARNING)
    with desk.database.write() as session:
        waive(session)
        day = date(2035, 4, 7)
        builders.orders(session, "recovering", day, day, 15)
        recount_all(session.connection())
    desk.open("waived")
    desk.open("passing")
    builders.accept(desk.database, builders.a_policy(guard={"always_allow": 1, "max_partners": 1}))
    guarded = desk.open("guarded").case
    desk.send(guarded, NoticeKind.WARNING)
    builders.accept(desk.database, builders.a_policy(guard=LOOSE))
    desk.open("unwarned")
    desk.now = APRIL + timedelta(days=7)
    desk.assess(desk.open("recovering").case)


def waive(session) -> None:
    session.add(
        OverrideRow(
            partner_id="waived",
            kind="waiver",
            from_day=APRIL.date(),
            until_day=date(2035, 12, 31),
            who="Ann",
            reason="a dispute",
        )
    )


def finish(desk: Desk, case, kind: NoticeKind) -> None:
    desk.close(desk.send(case, kind).case)


class NobodyRuns:
    async def start(self, partner_id: str) -> None: ...

    async def tell(self, partner_id: str) -> bool:
        return True

    async def is_running(self, workflow_id: str) -> bool:
        return False


def review(desk: Desk) -> None:
    reviews = ReviewActivities(desk.cases._services, NobodyRuns())

    def call(activity, request):
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(
            environment.info, started_time=desk.now, workflow_id="review/a"
        )
        result = environment.run(activity, request)
        return asyncio.run(result) if asyncio.iscoroutine(result) else result

    view = call(reviews.claim_review, ClaimReview(ReviewKind.MONTHLY, None, desk.now))
    counts = call(reviews.judge_range, JudgeRange(view.review_id, view.ranges[0]))
    call(reviews.finish_review, FinishReview(view.review_id, counts))


def main() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "program.db"
        database = Database(f"sqlite:///{path}")
        migrate.upgrade(database)
        fill(database)
        database.close()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        Path(sys.argv[1]).write_bytes(gzip.compress(path.read_bytes(), mtime=0))


main()
