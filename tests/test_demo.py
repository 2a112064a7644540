"""`partners demo`: thirteen stories, each with its own ending, and nothing left behind."""

from __future__ import annotations

import io
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select
from temporalio.api.enums.v1 import PendingActivityState

from partners.bootstrap.basics import program_clock
from partners.demo.exclusive_stories import HOLDER_STORIES
from partners.demo.orders import orders
from partners.demo.play import start_cases
from partners.demo.referring import REFERRAL_STORIES as REFERRING
from partners.demo.scene import Scene
from partners.demo.screen import LiveScreen
from partners.demo.stories import START, STORIES, Story
from partners.domain.exclusives.exclusive_term import Ending
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.embedded import Ports, free_ports, only_one, readable
from partners.errors import SetupError
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.offers.doubts import settled_orders
from partners.store.offers.holding import exclusives
from partners.store.referrals import referral_money
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.exclusive_tables import ExclusiveReviewRow, ExclusiveRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.offer_tables import GrantRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import ReviewRow
from partners.temporal.connecting import register_search_attributes
from tests import processes
from tests.processes import Running
from tests.servers import dev_server

ROOT = Path(__file__).parent.parent
SECONDS_PER_DAY = "0.8"
"""Nearly as shown to people: a machine that is busy with other tests must keep up with the days."""
WHOLE_SHOW = 300.0
"""The most seconds a demo may take: the days after which it gives up, and its start."""

ENDINGS = {
    # partner: status of the case, its outcome or why it is held
    "nova-travel": ("closed", "reinstated"),
    "harbor-foods": ("closed", "reinstated"),
    "old-mill": ("closed", "removed"),
    "kite-sports": ("closed", "reinstated"),
    "cedar-books": ("closed", "reinstated"),
    "lake-rentals": ("on_hold", "insufficient"),
    "palm-tours": ("on_hold", "undeliverable"),
}


@pytest.fixture(scope="module")
def showing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str]:
    """One whole demo: its folder, its exit status and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    arguments = ("demo", "--once", "--seconds-per-day", SECONDS_PER_DAY)
    with Running(folder, *arguments) as demo:
        status = demo.ended(patience=WHOLE_SHOW)
    return folder, status, demo.output


@pytest.fixture(scope="module")
def played(showing: tuple[Path, int, str]) -> Iterator[Database]:
    """The database that the demo leaves behind."""
    database = Database(f"sqlite:///{showing[0]}/.partners/demo/partners.db")
    yield database
    database.close()


def cases_of(database: Database, partner_id: str) -> list[CaseRow]:
    query = select(CaseRow).where(CaseRow.partner_id == partner_id).order_by(CaseRow.opened_at)
    with database.read() as session:
        return list(session.scalars(query))


def kinds(database: Database, partner_id: str) -> list[str]:
    query = select(OutboxRow.kind).where(OutboxRow.partner_id == partner_id)
    with database.read() as session:
        return list(session.scalars(query.order_by(OutboxRow.outbox_id)))


def test_it_ends_well_and_leaves_no_process(showing: tuple[Path, int, str]) -> None:
    folder, status, output = showing
    assert status == 0, output
    assert not processes.left_in(folder)


def test_it_says_what_it_is_and_where_to_look(showing: tuple[Path, int, str]) -> None:
    _, _, output = showing
    assert "DEMO — a day lasts 0.8 seconds" in output
    assert "Temporal UI  http://127.0.0.1:" in output
    assert "E-mails      http://127.0.0.1:" in output
    assert "Traceback" not in output, output
    for story in (*STORIES, *HOLDER_STORIES, *REFERRING):
        assert story.name in output


def test_a_monthly_review_finds_who_is_below(played: Database) -> None:
    with played.read() as session:
        review = session.get_one(ReviewRow, "monthly/2026-09")
    assert review.status == "done"
    assert review.counts["started"] == len(ENDINGS)


def test_every_timeline_has_a_link(showing: tuple[Path, int, str]) -> None:
    _, _, output = showing
    links = output.split("Timelines in the Temporal UI:")[1]
    cases = (f"grace%2F{story.partner_id}" for story in STORIES)
    exclusives = (f"exclusive%2F{story.exclusive_id}" for story in HOLDER_STORIES)
    for workflow in (*cases, *exclusives, "review%2Fmonthly"):
        assert re.search(rf"http://\S+/namespaces/default/workflows/{workflow}\S*/timeline", links)


def test_the_clock_stands_after_the_summary(played: Database) -> None:
    clock = program_clock(Settings(mode=Mode.DEMO), played)
    assert clock.day_seconds == 24 * 3600
    assert clock.program_anchor > START + timedelta(days=45)


async def test_after_the_summary_workflows_are_read_and_nothing_goes_on() -> None:
    async with dev_server() as server:
        await register_search_attributes(server.client)
        await start_cases(server.client, STORIES[:1])
        handle = server.client.get_workflow_handle(f"grace/{STORIES[0].partner_id}")
        async with readable(server.client):
            assert await handle.query("__temporal_workflow_metadata") is not None
            step = (await handle.describe()).raw_description.pending_activities[0]
            assert step.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED


@pytest.mark.parametrize("partner_id", ENDINGS)
def test_each_story_ends_as_it_must(played: Database, partner_id: str) -> None:
    case = cases_of(played, partner_id)[-1]
    assert (case.status, case.outcome or case.hold_reason) == ENDINGS[partner_id]


def test_recovery_comes_early_or_at_the_deadline(played: Database) -> None:
    decided = {p: cases_of(played, p)[-1] for p in ("nova-travel", "harbor-foods")}
    days = {p: (c.decided_at.date(), c.deadline) for p, c in decided.items() if c.decided_at}
    early, deadline = days["nova-travel"]
    assert early < deadline
    late, deadline = days["harbor-foods"]
    assert late >= deadline + timedelta(days=4)


def test_the_removed_partner_was_warned_and_is_out(played: Database) -> None:
    assert kinds(played, "old-mill")[0] == "warning"
    assert kinds(played, "old-mill")[-1] == "removal"
    with played.read() as session:
        partner = session.get_one(PartnerRow, "old-mill")
        assert partner.tier is None


def test_the_relapse_is_a_second_case_of_which_staff_are_told(played: Database) -> None:
    first, second = cases_of(played, "kite-sports")
    assert (first.outcome, second.repeat) == ("reinstated", True)
    assert "relapse" in kinds(played, "kite-sports")


def test_the_undeliverable_warning_started_no_clock(played: Database) -> None:
    case = cases_of(played, "palm-tours")[-1]
    assert (case.warned_at, case.deadline) == (None, None)
    assert "on_hold" in kinds(played, "palm-tours")


def test_the_healthy_partner_hears_nothing(played: Database) -> None:
    assert not cases_of(played, "alba-coffee")
    assert not kinds(played, "alba-coffee")


def test_who_refers_qualifies_or_stays_or_loses_only_money(played: Database) -> None:
    with played.read() as session:
        tiers = {s.partner_id: session.get_one(PartnerRow, s.partner_id).tier for s in REFERRING}
        money = {
            s.partner_id: referral_money.balance_of(session, s.partner_id, "USD").due
            for s in REFERRING
        }
    assert tiers == {"fern-studio": "preferred", "quiet-quay": None, "ridge-media": "preferred"}
    assert money == {"fern-studio": 450, "quiet-quay": 150, "ridge-media": 300}
    assert "qualified" in kinds(played, "fern-studio")
    assert "window_ended" in kinds(played, "quiet-quay")


def test_an_exclusive_that_is_made_up_for_is_kept(played: Database) -> None:
    with played.read() as session:
        row = session.get_one(ExclusiveRow, "maple-homes-x1")
        (october,) = session.scalars(
            select(ExclusiveReviewRow).where(ExclusiveReviewRow.exclusive_id == row.exclusive_id)
        )
    assert (row.status, row.warned_month) == (ExclusiveStatus.ACTIVE, None)
    assert (october.first_month, october.placed, october.verdict) == (202610, 2, "missed")
    told = ["exclusive_offered", "exclusive_active", "exclusive_warning", "exclusive_active"]
    assert kinds(played, "maple-homes") == told


def test_an_exclusive_is_lost_only_after_a_warning_and_all_its_days(played: Database) -> None:
    with played.read() as session:
        row = session.get_one(ExclusiveRow, "stone-bridge-x1")
        lost = exclusives.states(session, row.exclusive_id)[-1]
        (grant,) = session.scalars(select(GrantRow).where(GrantRow.partner_id == "stone-bridge"))
    assert (row.status, row.ended_because) == (ExclusiveStatus.NON_EXCLUSIVE, Ending.MISSED)
    assert row.warned_at is not None
    assert row.cure_until is not None
    assert row.cure_until >= (row.warned_at + timedelta(days=row.cure_days)).date()
    assert lost.at.date() > row.cure_until
    assert grant.until_day == row.last_day
    told = ["exclusive_offered", "exclusive_active", "exclusive_warning", "exclusive_ended"]
    assert kinds(played, "stone-bridge") == told


def test_the_warning_has_the_figures(played: Database) -> None:
    query = select(OutboxRow.subject, OutboxRow.text).where(
        OutboxRow.kind == "exclusive_warning", OutboxRow.partner_id == "stone-bridge"
    )
    with played.read() as session:
        subject, text = session.execute(query).one()
    assert "Lakeside" in subject
    assert "Measured: 1\n  Required: at least 4\n" in text


def test_no_order_of_the_demo_is_doubtful(played: Database) -> None:
    with played.read() as session:
        assert settled_orders.waiting(session)[0] == 0


def test_a_real_worker_refuses_the_demo_database(showing: tuple[Path, int, str]) -> None:
    url = f"sqlite:///{showing[0]}/.partners/demo/partners.db"
    worker = subprocess.run(
        [sys.executable, str(ROOT / "worker.py")],
        cwd=showing[0],
        env=processes.environment(DATABASE_URL=url),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert worker.returncode != 0
    assert "is a demo's" in worker.stderr


def test_ctrl_c_in_the_middle_is_clean(tmp_path: Path) -> None:
    with Running(tmp_path, "demo") as demo:
        demo.says("in grace")
        assert demo.ended(signal.SIGINT) == 130
    assert "Traceback" not in demo.output
    assert not processes.left_in(tmp_path)


def test_two_at_once_in_one_folder_are_refused(tmp_path: Path) -> None:
    lock = tmp_path / "demo.lock"
    with (
        only_one(lock, "partners demo"),
        pytest.raises(SetupError, match="partners demo runs in this folder already"),
        only_one(lock, "partners demo"),
    ):
        pass
    with only_one(lock, "partners demo"):
        pass


def test_ports_that_are_taken_are_replaced_and_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports, notes = free_ports(Ports(port, port, port))
    assert len({port, ports.temporal, ports.ui, ports.mail}) == 4
    assert notes[0] == f"port {port} is taken: Temporal uses {ports.temporal}"


@pytest.mark.parametrize("story", [*STORIES, *HOLDER_STORIES], ids=lambda story: story.partner_id)
def test_sample_orders_are_the_same_at_every_run(story: Story) -> None:
    days = [date(2026, 9, 1) + timedelta(days=n) for n in range(90)]
    first = [row for day in days for row in orders(story, day)]
    assert first == [row for day in days for row in orders(story, day)]
    assert len({row[0] for row in first}) == len(first)


@pytest.mark.parametrize("size", [(80, 24), (100, 40), (112, 60), (200, 40)])
def test_the_screen_fits_its_terminal(size: tuple[int, int]) -> None:
    stories = (*STORIES, *HOLDER_STORIES, *REFERRING)
    numbers, notice = "8.33 orders a month, 10 required", "relapse to staff (sending), 7 Oct"
    scenes = [
        Scene(story, "cured; the deadline decides", numbers, START.date(), notice, 1)
        for story in stories
    ]
    shown = io.StringIO()
    width, height = size
    console = Console(file=shown, width=width, height=height, force_terminal=True)
    with LiveScreen(console, 1, "Temporal UI  http://127.0.0.1\nE-mails  http://127.0.0.1") as live:
        live.show(START, scenes)
        page = shown.getvalue()
    assert "http" in page
    assert all(story.name in page for story in stories)
    assert page.count("\n") < height


def test_left_in_sees_this_process() -> None:
    assert processes.left_in(Path.cwd())


def test_offers_open_with_a_tier_and_close_with_its_end(played: Database) -> None:
    query = select(OutboxRow.kind, OutboxRow.text).where(
        OutboxRow.kind.in_(("qualified", "removal"))
    )
    with played.read() as session:
        mails = dict(session.execute(query).tuples().all())
    opens = mails["qualified"].split("These offers open for you:")[1].split("\n\n")[1]
    assert opens.splitlines()[0].startswith("- Express delivery: $6")
    closes = mails["removal"].split("These offers close for you.")[1].split("\n\n")[1]
    assert closes.splitlines() == ["- Express delivery", "- Gift wrapping"]
