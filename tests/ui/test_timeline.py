"""What a program manager reads in the Temporal UI, on the real server in a real browser."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Route, expect

from partners.domain.judging.coverage import DayRange
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow
from tests import builders
from tests.ui.place import Place, a_place
from workflows.grace_period import GracePeriod
from workflows.kit.commands import SignedCommand

pytestmark = pytest.mark.ui

COLUMNS = ("Status", "Workflow ID", "PartnerStanding", "PartnerTier", "GraceDeadline")


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
    async with a_place(browser, screenshots, path, bring) as place:
        yield place


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
        GracePeriod.void, SignedCommand("Ann", "their orders were counted elsewhere")
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
