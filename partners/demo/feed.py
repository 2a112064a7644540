"""The demo's feed: twice a week the newest orders and referrals are imported, and told of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

from temporalio.client import Client

from partners.calendars import calendar_of
from partners.demo.stage import ONE_DAY, Stage, feed, feed_referrals
from partners.domain.time.clock import ProgramClock
from partners.use_cases import telling

FEED_WEEKDAYS = (0, 3)
"""Mondays and Thursdays: days go by too fast for a nightly feed to be followed by eye."""

FEED_HOUR = timedelta(hours=6)


async def fed_days(stage: Stage, client: Client, clock: ProgramClock) -> AsyncIterator[date]:
    """Import the orders up to each feed day's eve, for as long as the demo runs; each such day,
    once that is done."""

    async def connected() -> Client:
        return client

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
        fed_until = last
        by = stage.acting(now, connected)
        await telling.referrals_changed(by, changes)
        await telling.numbers_changed(by)
        yield day
