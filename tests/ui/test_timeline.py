"""What a program manager reads in the Temporal UI, on the real server in a real browser."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, Route, expect
from sqlalchemy import select
from temporalio.client import WorkflowHandle

from partners.domain.cases.view import GracePeriodInput, GracePeriodResult
from partners.domain.judging.coverage import DayRange
from partners.domain.time.calendar import Month
from partners.embedded import Ports, Server, dev_server, free_ports, working
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow
from tests import builders
from workflows.grace_period import GracePeriod
from workflows.kit import timeline
from workflows.kit.commands import PersonsOrder
from workflows.kit.options import TASK_QUEUE, grace_workflow_id

pytestmark = pytest.mark.ui

COLUMNS = ("Status", "Workflow ID", "PartnerStanding", "PartnerTier", "GraceDeadline")
SECONDS = 30
FAILED = "Uh oh. There's an error."
"""What the UI shows in place of a page that the server did not answer."""


@dataclass
class Place:
    """A server with its UI, a worker, and two weak partners' cases."""

    server: Server
    database: Database
    page: Page
    screenshots: Path
    _reloads: bool = False

    async def open_case(self, partner_id: str, status: str) -> CaseRow:
        """Start a case, and wait until it stands as named."""
        await self.server.client.start_workflow(
            GracePeriod.run,
            GracePeriodInput(partner_id),
            id=grace_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            static_summary=timeline.static_summary(partner_id),
            static_details=timeline.STATIC_DETAILS,
        )
        query = select(CaseRow).where(CaseRow.partner_id == partner_id)
        async with asyncio.timeout(SECONDS):
            while True:
                with self.database.read() as session:
                    case = session.scalars(query).first()
                if case is not None and case.status == status:
                    return case
                await asyncio.sleep(0.05)

    def handle(self, partner_id: str) -> WorkflowHandle[GracePeriod, GracePeriodResult]:
        return self.server.client.get_workflow_handle_for(
            GracePeriod.run, grace_workflow_id(partner_id)
        )

    async def show(self, path: str) -> Page:
        """A page of the UI. Where the server was too busy to answer it, it is loaded again."""
        if not self._reloads:
            self._reloads = True
            await self.page.add_locator_handler(self.page.get_by_text(FAILED), self._reload)
        await self.page.goto(f"{self.server.ui_url}/namespaces/default/workflows{path}")
        return self.page

    async def _reload(self) -> None:
        """What the page itself advises; whoever reads it waits no longer for that."""
        warnings.warn(f"the Temporal UI failed to load {self.page.url}; again", stacklevel=1)
        await self.page.reload()

    async def show_case(self, partner_id: str, tab: str) -> Page:
        """A tab of a case's page: timeline, user-metadata."""
        run = (await self.handle(partner_id).describe()).run_id
        return await self.show(f"/grace%2F{partner_id}/{run}/{tab}")

    async def reads(self, *words: str) -> None:
        """Every one of these is on the page for people to see."""
        for text in words:
            found = self.page.get_by_text(text).filter(visible=True).first
            await expect(found).to_be_visible(timeout=SECONDS * 1000)

    async def details_read(self, *words: str) -> None:
        """Every one of these is under Current Details, the last of the page's three frames."""
        text = self.page.locator("iframe").nth(2).content_frame.locator("body")
        for part in words:
            await expect(text).to_contain_text(part, timeout=SECONDS * 1000)

    async def keep(self, name: str) -> None:
        await self.page.screenshot(path=self.screenshots / f"{name}.png", full_page=True)


def bring(database: Database) -> None:
    """Two partners with 6 orders in each of the last months; one cannot be written to."""
    today = datetime.now(UTC).date()
    builders.accept(database, builders.a_policy(guard={"always_allow": 10}))
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "palm", email="hello@palm.invalid")
        for back in range(6):
            month = Month.of(today).plus(-back)
            for partner_id in ("acme", "palm"):
                last = min(month.last_day, today - timedelta(days=1))
                if last >= month.first_day:
                    builders.orders(session, partner_id, month.first_day, last, 6)
        oldest = Month.of(today).plus(-6).first_day
        builders.covered(session, DayRange(oldest, today - timedelta(days=1)))


@pytest.fixture
async def place(
    browser: Browser, screenshots: Path, tmp_path: Path, sqlite_template: Path
) -> AsyncIterator[Place]:
    path = tmp_path / "partners.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = Settings(_env_file=None, mode=Mode.TEST, database_url=f"sqlite:///{path}")
    database = Database(settings.database_url)
    bring(database)
    ports, _ = free_ports(Ports(0, 0, 0))
    page = await browser.new_page(viewport={"width": 1400, "height": 900}, timezone_id="UTC")
    async with dev_server(ports) as server, working(server.client, settings, database):
        yield Place(server, database, page, screenshots)
    database.close()


async def test_the_list_shows_standing_tier_and_deadline(place: Place) -> None:
    case = await place.open_case("acme", "in_grace")
    await place.open_case("palm", "on_hold")
    columns = json.dumps({"default": [{"label": label} for label in COLUMNS]})
    await place.page.add_init_script(
        f"localStorage.setItem('namespace-workflow-table-columns', {json.dumps(columns)})"
    )
    await place.show("")
    await place.reads("grace/acme", "grace/palm", "in_grace", "on_hold", "preferred", *COLUMNS)
    assert case.deadline is not None
    row = place.page.get_by_role("row").filter(has_text="grace/acme")
    await expect(row).to_contain_text(f"{case.deadline:%b %-d, %Y}, 11:59:59")
    await place.keep("list")

    # In one word, as filters are made by clicking; and as the docs write it.
    for query in ('PartnerStanding="in_grace"', 'PartnerStanding IN ("in_grace", "in grace")'):
        await place.show(f"?query={quote(query)}")
        await place.reads("grace/acme")
        await expect(place.page.get_by_text("grace/palm")).to_have_count(0)
        await place.keep("list-in-grace")


async def test_a_page_that_the_server_did_not_answer_is_loaded_again(place: Place) -> None:
    await place.open_case("acme", "in_grace")
    failed = []

    async def fail_once(route: Route) -> None:
        if failed:
            await route.fallback()
            return
        failed.append(route.request.url)
        await route.fulfill(status=500, json={"code": 13, "message": "Internal Error"})

    await place.page.route("**/api/v1/**", fail_once)
    with warnings.catch_warnings(record=True) as said:
        await place.show("")
        await place.reads("grace/acme")
    assert failed
    assert "failed to load" in str(said[0].message)


async def test_the_timeline_tells_the_story_without_code(place: Place) -> None:
    case = await place.open_case("acme", "in_grace")
    await place.show_case("acme", "timeline")
    await place.reads(
        "check against the standards",
        "e-mail: warning: 6 orders a month, 10 required",
        f"grace period until {case.deadline}",
        ", 14 days before the deadline",
        ", 3 days before the deadline",
    )
    await place.keep("timeline-in-grace")

    await place.handle("acme").execute_update(
        GracePeriod.void, PersonsOrder("Ann", "their orders were counted elsewhere")
    )
    await place.handle("acme").result()
    await place.show_case("acme", "timeline")
    await place.reads("void by Ann", "e-mail: correction", "close: voided")
    await place.keep("timeline-voided")


async def test_the_details_show_the_findings(place: Place) -> None:
    case = await place.open_case("acme", "in_grace")
    await place.show_case("acme", "user-metadata")
    await place.details_read(
        f"In grace until {case.deadline}; decision on",
        "If nothing changes:",
        "reminder, 14 days before the deadline",
        "decision: out of the program",
        "If the numbers recover by",
        "If I extend by 14 days:",
        "Orders per month",
        "6 orders a month",
        "at least 10 orders a month",
        "✗ below",
        f"Case {case.case_id} · tier preferred · policy version 1",
    )
    summary = place.page.locator("iframe").first.content_frame.locator("body")
    await expect(summary).to_contain_text("Grace period of acme")
    await place.keep("details-in-grace")


async def test_a_hold_says_what_is_needed_of_whom(place: Place) -> None:
    await place.open_case("palm", "on_hold")
    await place.show_case("palm", "timeline")
    await place.reads(
        "e-mail to staff: on hold (undeliverable warning), a person is needed",
        "on hold: a person is needed",
    )
    await place.keep("timeline-on-hold")
    await place.show_case("palm", "user-metadata")
    await place.details_read("On hold: undeliverable warning", "resume palm")
    await place.keep("details-on-hold")


async def test_a_person_extends_a_case_from_the_page(place: Place) -> None:
    """The updates stand there by name and description, and take their words as JSON."""
    case = await place.open_case("acme", "in_grace")
    page = await place.show_case("acme", "timeline")
    await page.get_by_role("button", name="More Actions").click()
    await page.get_by_role("menuitem", name="Update").click()
    form = page.get_by_role("dialog").filter(visible=True)  # the page has one per layout
    await form.get_by_test_id("update-select-button").click()
    await place.reads("Move the deadline later by so many days.")
    await place.reads("The partner appeals: the decision waits for the answer.")
    await place.keep("updates")
    await form.get_by_role("option", name="extend").click()
    order = {"who": "Ann", "reason": "agreed by phone", "days": 10}
    await form.locator(".cm-content").fill(json.dumps(order))
    # Left alone, the field sets the JSON out, which moves the button.
    await form.locator(".cm-content").blur()
    await expect(form.locator(".cm-line")).to_have_count(5)
    await form.get_by_test_id("confirm-modal-button").click()
    await place.reads("extend by Ann")
    await place.keep("timeline-extended")
    with place.database.read() as session:
        now = session.get_one(CaseRow, case.case_id).deadline
    assert case.deadline is not None
    assert now is not None
    assert now >= case.deadline + timedelta(days=10)
