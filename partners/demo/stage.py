"""The demo's own folder and database: made anew at every start, marked by the demo's clock."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from temporalio.client import Client

from partners.bootstrap.basics import start_demo_clock
from partners.demo.exclusive_stories import HOLDER_STORIES, propose_exclusives
from partners.demo.orders import write_orders
from partners.demo.referring import REFERRAL_STORIES, TERMS, write_referrals
from partners.demo.stories import HISTORY_FROM, START, STORIES, Story
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.policy import Guard, Policy
from partners.domain.policy.referral_policy import ReferralSection
from partners.domain.time.calendar import Month
from partners.domain.time.clock import ProgramClock
from partners.policy_file import default_policy_path, read_policy
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.imports import (
    ImportOptions,
    import_offers,
    import_orders,
    import_partners,
    import_referrals,
)
from partners.store.referrals.referral_leads import Change
from partners.temporal import connecting
from partners.use_cases.acting import Admin, Face, Program
from partners.use_cases.local import demo_stage
from partners.use_cases.local.demo_stage import PastCase

JOINED_ON = date(2025, 3, 1)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stage:
    """Where the demo plays: its folder and its database, seeded with six months of orders."""

    folder: Path
    database: Database
    policy: Policy

    def acting(
        self, now: datetime, connect: Callable[[], Awaitable[Client]] = connecting.connect
    ) -> Admin:
        """The demo itself, at a moment of program time."""
        program = Program(self.database, lambda: now, connect)
        return Admin(program, "demo", Face.COMMAND_LINE)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'partners.db'}"


def demo_policy() -> tuple[Policy, str]:
    """`program.toml` with a few changes, that the demo says on its screen.

    Seven warnings on one day are more than the guard of rule 13 lets pass without a person, and
    a weekly reminder to staff would come every seven seconds.
    """
    policy, source = read_policy(default_policy_path())
    changed = policy.model_copy(
        update={
            "guard": Guard(max_partners=50, max_share=policy.guard.max_share, always_allow=20),
            "grace": policy.grace.model_copy(update={"staff_reminder_days": 30}),
            "referral": policy.referral
            and ReferralSection.model_validate(policy.referral.model_dump() | TERMS),
        }
    )
    terms = "".join(f", referral.{name} = {value}" for name, value in TERMS.items())
    note = "# The demo's changes: guard.always_allow = 20, grace.staff_reminder_days = 30" + terms
    note += "\n"
    return changed, note + source


def set_up(folder: Path) -> Stage:
    """Make the folder and the database anew, with the policy, the partners and their orders."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "feed").mkdir(parents=True)
    database = Database(f"sqlite:///{folder / 'partners.db'}")
    migrate.upgrade(database)
    policy, source = demo_policy()
    stage = Stage(folder, database, policy)
    demo_stage.set_stage(stage.acting(START), policy, source)
    options = ImportOptions(policy=policy, now=START)
    import_partners(database, _partners_file(stage), options)
    import_offers(database, _offers_file(stage), options)
    feed(stage, HISTORY_FROM, START.date() - ONE_DAY, START)
    for story in STORIES:
        if story.last_case is not None:
            demo_stage.add_past_case(stage.acting(START), _last_case(story, story.last_case))
    propose_exclusives(stage.acting(START))
    return stage


def stop_clock(database: Database, clock: ProgramClock, now: datetime) -> None:
    """From now on a day takes as long as any other: the demo's are over."""
    day = timedelta(days=1).total_seconds()
    start_demo_clock(
        database, ProgramClock(day, real_anchor=now, program_anchor=clock.program_time(now))
    )


def start_clock(database: Database, day_seconds: float, starts_at: datetime) -> ProgramClock:
    """Let the program's days run from that moment on, a second or so each."""
    clock = ProgramClock(day_seconds, real_anchor=starts_at, program_anchor=START)
    start_demo_clock(database, clock)
    return clock


def feed(stage: Stage, first: date, last: date, now: datetime) -> None:
    """Write the orders of these days to a file and import it, as `partners import orders` does."""
    path = stage.folder / "feed" / f"orders-{first}-to-{last}.csv"
    write_orders(path, (*STORIES, *HOLDER_STORIES), first, last)
    import_orders(stage.database, path, ImportOptions(stage.policy, now, first, last))


def feed_referrals(stage: Stage, first: date, last: date, now: datetime) -> list[Change]:
    """Import what became known of referrals on these days; returns what changed."""
    path = stage.folder / "feed" / f"referrals-{first}-to-{last}.csv"
    if not write_referrals(path, first, last):
        return []
    return import_referrals(stage.database, path, ImportOptions(stage.policy, now))[1]


def _partners_file(stage: Stage) -> Path:
    path = stage.folder / "feed" / "partners.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("partner_id", "name", "email", "tier", "kind", "joined_on"))
        tier = stage.policy.tiers[-1].key
        for story in (*STORIES, *HOLDER_STORIES):
            row = (story.partner_id, story.name, story.address, tier, "reseller", JOINED_ON)
            writer.writerow(row)
        for refers in REFERRAL_STORIES:
            row = (refers.partner_id, refers.name, refers.address, "", "referral", START.date())
            writer.writerow(row)
    return path


OFFERS = (
    ("delivery", "Delivery", "public", "40.00"),
    ("express", "Express delivery", "preferred", "65.00"),
    ("gift-wrapping", "Gift wrapping", "preferred", ""),
    ("installation", "Installation", "selected", "120.00"),
    ("repairs", "Repairs", "selected", "90.00"),
)
"""Offers by id: their names, who sees them, and the base price; blank: on request.

Whoever becomes a reseller, or no longer is one, reads in that mail which of them open or close.
The selected ones come with an exclusive.
"""


def _offers_file(stage: Stage) -> Path:
    path = stage.folder / "feed" / "offers.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("offer_id", "service", "name", "visibility", "status", "price"))
        for offer_id, name, visibility, price in OFFERS:
            writer.writerow((offer_id, offer_id, name, visibility, "active", price))
    return path


def _last_case(story: Story, month: Month) -> PastCase:
    """A case that was opened after a weak month and ended well 30 days later."""
    opened_at = datetime.combine(month.plus(1).first_day + 5 * ONE_DAY, time(9), UTC)
    criterion = demo_policy()[0].tiers[-1].keep_standards["orders_per_month"]
    return PastCase(
        story.partner_id,
        month,
        since=JOINED_ON,
        opened_at=opened_at,
        closed_at=opened_at + 30 * ONE_DAY,
        period_days=45,
        finding=Finding(
            metric=criterion.metric,
            actual=criterion.required - 3,
            required=criterion.required,
            at_least=True,
            window_months=criterion.window_months,
            sample=1,
            min_sample=1,
            verdict=Verdict.BELOW,
        ),
    )
