"""Five questions, answered from Current Details alone: why was X warned? when is the deadline? what
did we send? who extended it, and why? what happens next?"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from partners.domain.cases.commands import Command, SignedCommand
from partners.domain.judging.coverage import DayRange
from partners.domain.referrals.referral import ReferralState, Version
from partners.domain.referrals.view import ReferralNews
from partners.domain.reviews.review import ReviewKind
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.ladder import ladder
from partners.store.policy import policies
from partners.store.referrals import referral_leads, referrals
from partners.store.referrals.referrals import Reported
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.review_tables import CandidateRow
from partners.temporal.running import RunningPromotions, RunningReferrals
from tests import builders
from tests.ui.place import SECONDS, Place, a_place
from workflows.grace_period import GracePeriod
from workflows.kit.options import (
    TASK_QUEUE,
    promotion_workflow_id,
    referral_workflow_id,
)
from workflows.review import ProgramReview, ReviewInput

pytestmark = pytest.mark.ui

DESK = "http://127.0.0.1:8025"
WEAK = ("acme", "palm", "oak", "elm", "fir", "yew")
TIERS = [
    {"key": "bronze", "kind": "public"},
    {**builders.POLICY["tiers"][0], "removal": "out"},
]
TERMS = {"successes": 3, "window_days": 30, "compensation": {"share": "0.10", "cap": "500"}}


def today() -> date:
    return datetime.now(UTC).date()


def bring(database: Database) -> None:
    """Six preferred partners below standards, one who has earned a step up, and one who refers."""
    policy = builders.a_policy(
        tiers=TIERS,
        guard={"always_allow": 10},
        promotion={"approval": "staff"},
        referral=TERMS,
    )
    builders.accept(database, policy)
    yesterday = today() - timedelta(days=1)
    with database.write() as session:
        for partner_id in WEAK:
            email = "palm.invalid" if partner_id == "palm" else "example.com"
            builders.a_partner(session, partner_id, email=f"hello@{email}")
        builders.a_partner(session, "ash", tier="bronze")
        new = {"joined_on": today(), "tier": None, "tier_since": None}
        builders.a_partner(session, "ivy", kind="referral", **new)
        for back in range(6):
            month = Month.of(today()).plus(-back)
            last = min(month.last_day, yesterday)
            if last < month.first_day:
                continue
            for partner_id in WEAK:
                builders.orders(session, partner_id, month.first_day, last, 6)
            builders.orders(session, "ash", month.first_day, last, 20)
        builders.covered(session, DayRange(Month.of(today()).plus(-6).first_day, yesterday))


@pytest.fixture
async def place(
    browser: Browser, screenshots: Path, tmp_path: Path, sqlite_template: Path
) -> AsyncIterator[Place]:
    path = tmp_path / "partners.db"
    path.write_bytes(sqlite_template.read_bytes())
    async with a_place(browser, screenshots, path, bring, public_url=DESK) as place:
        yield place


# ---- bringing it about ----


async def eventually(holds: Callable[[], Any]) -> Any:
    async with asyncio.timeout(SECONDS):
        while not (found := holds()):
            await asyncio.sleep(0.05)
        return found


def case_of(place: Place, partner_id: str, *, recovering: bool = False) -> CaseRow | None:
    with place.database.read() as session:
        case = session.scalars(
            select(CaseRow).where(CaseRow.partner_id == partner_id)
        ).one_or_none()
    settled = case is not None and case.status != "opened"
    return case if settled and bool(case and case.recovery_since) >= recovering else None


async def reviewed(place: Place) -> str:
    """A monthly review opens the cases of all who are below; returns its id."""
    handle = await place.server.client.start_workflow(
        ProgramReview.run, ReviewInput(ReviewKind.MONTHLY), id="review/one", task_queue=TASK_QUEUE
    )
    result = await handle.result()
    for partner_id in WEAK:
        await eventually(lambda partner_id=partner_id: case_of(place, partner_id))
    return result.review_id


async def recover(place: Place, partner_id: str) -> None:
    yesterday = today() - timedelta(days=1)
    with place.database.write() as session:
        builders.orders(
            session, partner_id, yesterday - timedelta(days=9), yesterday, 20, "accepted"
        )
    await place.handle(partner_id).signal(GracePeriod.metrics_changed)
    await eventually(lambda: case_of(place, partner_id, recovering=True))


async def promoted(place: Place, partner_id: str) -> None:
    now = datetime.now(UTC)
    with place.database.write() as session:
        row = session.scalars(select(CandidateRow)).one()
        assert row.partner_id == partner_id
        ladder.approve(session, row, "Dee", "steady for a year", now)
    await RunningPromotions(place.server.client).start(partner_id)
    await place.server.client.get_workflow_handle(promotion_workflow_id(partner_id)).result()


async def refers(place: Place, partner_id: str) -> None:
    """One purchase of the three that it takes."""
    running, now = RunningReferrals(place.server.client), datetime.now(UTC)
    version = Version(now, ReferralState.CONVERTED, Decimal(1000), now)
    report = Reported("r-17", partner_id, "lead-17", now, version)
    with place.database.write() as session:
        _, policy = policies.required(session, now)
        referrals.lock(session)
        referrals.take_in(session, [report], "tests", "USD", keep_refused=False)
        changes = referral_leads.resolve(session, {report.lead_ref}, policy, now)
    await running.tell(partner_id, ReferralNews(tuple(change.event for change in changes)))


# ---- reading it ----


class Reading:
    """The current details of one workflow, as somebody reads them in the browser."""

    def __init__(self, place: Place, workflow_id: str) -> None:
        self._place, self._id = place, workflow_id

    async def says(self, *words: str) -> None:
        run = (await self._place.server.client.get_workflow_handle(self._id).describe()).run_id
        await self._place.show(f"/{self._id.replace('/', '%2F')}/{run}/user-metadata")
        await self._place.details_read(*words)
        await self._place.keep(f"story-{self._id.replace('/', '-')}")

    async def links(self, text: str, to: str) -> None:
        frame = self._place.page.locator("iframe").last.content_frame
        link = frame.get_by_role("link", name=text).first
        await expect(link).to_have_attribute("href", to)


async def test_five_questions_about_cases_are_answered_from_current_details_alone(
    place: Place,
) -> None:
    await reviewed(place)
    until = today() + timedelta(days=20)
    commands: list[tuple[str, Any, Command | SignedCommand]] = [
        ("acme", GracePeriod.extend, Command("Ann", "agreed <b>by phone</b> | #4711", days=10)),
        ("oak", GracePeriod.pause, Command("Ben", "on leave", until=until)),
        ("fir", GracePeriod.remove, Command("Cleo", "closed shop", beyond_policy=True)),
        ("yew", GracePeriod.void, SignedCommand("Dee", "counted elsewhere")),
    ]
    for partner_id, update, order in commands:
        await place.handle(partner_id).execute_update(update, order)
    await recover(place, "elm")
    for partner_id in ("fir", "yew"):
        await place.handle(partner_id).result()
    case = {partner_id: found for partner_id in WEAK if (found := case_of(place, partner_id))}
    why = "Why: 6 orders a month, 10 required (whole months until "
    warned = f"); warned on {today()}"
    mail = "Please act by "

    acme = Reading(place, "grace/acme")
    await acme.says(
        *(f"In grace until {case['acme'].deadline}", why, warned),
        f"Deadline: {case['acme'].deadline}; decision on ",
        *("What people did", "extended: deadline ", "Ann", "agreed <b>by phone</b> | #4711"),
        *("Messages", mail, "You have more time: your deadline is now ", "accepted"),
        *("If nothing changes:", "decision: out of the program"),
    )
    with place.database.read() as session:
        first = select(OutboxRow.outbox_id).where(OutboxRow.partner_id == "acme")
        number = session.scalars(first.order_by(OutboxRow.outbox_id)).first()
    await acme.links(mail, f"{DESK}/{number}")

    await Reading(place, "grace/palm").says(
        *("On hold: undeliverable warning", why, "no warning has arrived", "Deadline: none runs"),
        *("Next: nothing until somebody resumes the case; staff are reminded on ", "resume palm"),
        *("What people did: nothing.", "On hold: palm, the warning was not delivered", "staff"),
    )
    oak = case["oak"]
    assert oak.deadline is not None
    await Reading(place, "grace/oak").says(
        *(f"On hold: paused by a person (until {until})", why, warned),
        f"Deadline: {oak.deadline}; no clock runs since {today()}. It will be about ",
        f"Next: nothing until {until} is over; then the clock goes on by itself",
        *("paused: ", "Ben", "on leave", mail, "is paused: no deadline is running"),
        f"{until + timedelta(days=1)}: the pause is over; the deadline moves later by its length",
    )
    await Reading(place, "grace/elm").says(
        *("Recovering: reinstated on ", why, warned, f"Deadline: {case['elm'].deadline}"),
        *("What people did: nothing.", mail, ": reinstated: keeps preferred"),
    )
    await Reading(place, "grace/fir").says(
        *("Outcome: removed", why, warned, f"Deadline: {case['fir'].deadline}"),
        f"Decided: on {today()}: removed: out of the program",
        *("removed: to no tier", "beyond policy", "Cleo", "closed shop"),
        *(mail, "Your Preferred status has ended: why, and how to regain it"),
        *("What comes now:", ": the partner can appeal", ": may return, on the standards to enter"),
    )
    await Reading(place, "grace/yew").says(
        *("Outcome: voided", why, warned, f"Deadline: {case['yew'].deadline}"),
        f"Decided: on {today()}: voided: counted elsewhere",
        *("voided: by a person", "Dee", mail, "Correction: our warning about your Preferred"),
        f"reviews judge the months that begin after {today()}",
    )


async def test_five_questions_about_a_review_a_promotion_and_referrals_are_answered(
    place: Place,
) -> None:
    review_id = await reviewed(place)
    await promoted(place, "ash")
    await refers(place, "ivy")

    review = Reading(place, "review/one")
    await review.says(
        *(f"Monthly review {review_id.split('/')[1]}: done", "On whole months until "),
        "Deadline: none of its own; each case that it starts has one",
        "A case each, to be warned: acme, elm, fir, oak, palm, yew",
        *("Proposed for promotion: ash", "Messages: none."),
        "Next: nothing; each case goes on by itself",
    )
    await review.links("elm", "/namespaces/default/workflows/grace%2Felm")
    await Reading(place, "promotion/ash").says(
        *("Now in preferred; mail: sent", "Why: from bronze to preferred: 20 orders a month"),
        *("Deadline: none; what was approved is carried out at once", "approved: to preferred"),
        *("Dee", "steady for a year", "You have moved up to Preferred"),
        f"Next: nothing. Reviews hold the partner against what keeps preferred, on months that "
        f"begin after {today()}",
    )
    last = today() + timedelta(days=29)
    await Reading(place, referral_workflow_id("ivy")).says(
        *("Collecting: 1 of 3, oldest expires on ", f"2 more by {last}"),
        f"Why: 3 purchases within 30 days qualify: r-17, bought on {today()}",
        f"Deadline: {last}, for the oldest to count",
        *("What people did: nothing.", "Next look by itself: "),
        *("Welcome: refer leads to Northwind", "Your referral lead-17 led to a purchase"),
    )
