"""The demo's feed: twice a week the newest orders and referrals are imported, and told of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from partners.calendars import calendar_of
from partners.demo.stage import ONE_DAY, Stage, feed, feed_referrals
from partners.domain.referrals.view import ReferralNews
from partners.domain.time.clock import ProgramClock
from partners.store.cases import cases
from partners.store.policy import policies
from partners.store.referrals.referral_leads import Change
from partners.temporal.running import RunningReferrals, signal_cases
from workflows.grace_period import GracePeriod

FEED_WEEKDAYS = (0, 3)
"""Mondays and Thursdays: days go by too fast for a nightly feed to be followed by eye."""

FEED_HOUR = timedelta(hours=6)


async def keep_feeding(stage: Stage, client: Client, clock: ProgramClock) -> None:
    """Import the orders up to each feed day's eve, for as long as the demo runs."""
    calendar = calendar_of(stage.policy)
    fed_until = calendar.day_of(clock.program_anchor) - ONE_DAY
    while True:
        day = fed_until + 2 * ONE_DAY
        while day.weekday() not in FEED_WEEKDAYS:
            day += ONE_DAY
        due = clock.real_time(calendar.start_of(day) + FEED_HOUR)
        await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
        now = clock.program_time(datetime.now(UTC))
        last = calendar.day_of(now) - ONE_DAY
        await asyncio.to_thread(feed, stage, fed_until + ONE_DAY, last, now)
        changes = await asyncio.to_thread(feed_referrals, stage, fed_until + ONE_DAY, day, now)
        await tell_referrals(client, changes)
        fed_until = last
        touched = await asyncio.to_thread(_cases_to_tell, stage, now)
        await signal_cases(client, touched, GracePeriod.metrics_changed)


async def tell_referrals(client: Client, changes: Sequence[Change]) -> None:
    """Tell the workflow of each partner what happened to their referrals."""
    running = RunningReferrals(client)
    for partner_id in sorted({change.partner_id for change in changes}):
        events = tuple(change.event for change in changes if change.partner_id == partner_id)
        await running.tell(partner_id, ReferralNews(events))


def _cases_to_tell(stage: Stage, now: datetime) -> list[str]:
    with stage.database.read() as session:
        return cases.to_be_told(session, policies.day_of(session, now))
