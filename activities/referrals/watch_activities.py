"""The daily watch over partners who refer, and over whoever is owed a statement: those who have no
workflow yet, or news untold."""

from __future__ import annotations

import asyncio
from typing import Protocol

from temporalio import activity

from activities.pages import side_by_side
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.referrals.view import ReferralNews
from partners.domain.reviews.view import ReviewRef
from partners.domain.time.calendar import Month
from partners.store.policy import policies
from partners.store.referrals import qualifications

PAGE = 200


class RunningReferrals(Protocol):
    """The way to the workflows of partners who refer."""

    async def start(self, partner_id: str) -> None:
        """Have a partner's referrals looked at, by the workflow that runs or by a new one."""

    async def tell(self, partner_id: str, news: ReferralNews) -> None:
        """Say what happened."""


class ReferralWatchActivities(Activities):
    """Starts and tells workflows through the client, so that they outlive the review."""

    def __init__(self, services: Services, running: RunningReferrals) -> None:
        self._services = services
        self._running = running

    @activity.defn
    async def wake_referrals(self, ref: ReviewRef) -> int:
        """Start or tell whoever is to be looked at; returns how many. Safe to repeat.

        Whose import could not reach the server, say, or whose workflow was terminated.
        """
        partners = await asyncio.to_thread(self._to_wake)
        for at in range(0, len(partners), PAGE):
            await side_by_side(partners[at : at + PAGE], self._running.start)
            activity.heartbeat(at)
        return len(partners)

    def _to_wake(self) -> list[str]:
        with self._services.database.read() as session:
            now = program_now(self._services.clock)
            in_force = policies.in_force_at(session, now)
            if in_force is None:
                return []
            policy = in_force[1]
            ended = Month.of(calendar_of(policy).day_of(now)).plus(-1)
            found = set(qualifications.without_statement(session, ended))
            if policy.referral is not None:
                found.update(qualifications.to_be_looked_at(session))
            return sorted(found)
