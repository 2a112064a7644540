"""The daily watch over exclusives: those without a workflow, and those that are to look."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

from temporalio import activity

from activities.exclusives.term_file import meets_tier
from activities.pages import side_by_side
from activities.refusing import policy_in_force
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.reviews.view import ReviewRef
from partners.store.exclusives import exclusive_terms

PAGE = 200


class RunningExclusives(Protocol):
    """The way to the workflows of exclusives."""

    async def start(self, exclusive_id: str) -> None:
        """Have an exclusive looked at, by the workflow that runs or by a new one."""

    async def looked_after(self) -> set[str] | None:
        """Those for which a workflow runs; None where the server keeps no list of them."""


class ExclusiveWatchActivities(Activities):
    """Starts and tells workflows through the client, so that they outlive the review."""

    def __init__(self, services: Services, running: RunningExclusives) -> None:
        self._services = services
        self._running = running

    @activity.defn
    async def wake_exclusives(self, ref: ReviewRef) -> int:
        """Start or tell those that are to look; returns how many. Safe to repeat.

        Whose signing could not reach the server, say, or whose workflow was terminated or
        cancelled; which wait for orders; and whose holder stands otherwise than they know.
        """
        running = await self._running.looked_after()
        ids = await asyncio.to_thread(self._to_wake, running, program_now(self._services.clock))
        for at in range(0, len(ids), PAGE):
            await side_by_side(ids[at : at + PAGE], self._running.start)
            activity.heartbeat(at)
        return len(ids)

    def _to_wake(self, running: set[str] | None, now: datetime) -> list[str]:
        with self._services.database.read() as session:
            live = exclusive_terms.to_be_looked_after(session)
            if running is None:
                return list(live)
            policy = policy_in_force(session, now)[1]
            day = calendar_of(policy).day_of(now)
            news = exclusive_terms.with_news(session, day)
            news |= {
                name
                for name, asked, tier in exclusive_terms.in_other_tiers(session)
                if not meets_tier(policy, asked, tier)
            }
            return [name for name in live if name not in running or name in news]
