"""The activities of an accrual: claim a run, go through the partners, finish. Safe to repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Protocol

from sqlalchemy.orm import Session
from temporalio import activity

from activities.offers.accruing import Accruing
from activities.refusing import policy_in_force, refusal
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.offers.incentives.incentive_runs import (
    AccrualRange,
    AccrualRef,
    AccrualView,
    AccrueRange,
    ClaimAccrual,
    RunStatus,
    TierSum,
)
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.judging import window_sums
from partners.store.judging.window_sums import Range
from partners.store.offers.incentives import incentive_plan, incentive_runs
from partners.store.tables.incentive_tables import IncentiveRunRow

MOST_RANGES = 4
"""How many activities share the partners on PostgreSQL; SQLite has one writer."""
RANGE_SIZE = 10_000
"""Fewer partners than this are not shared out."""


class Running(Protocol):
    """The way to other runs."""

    async def is_running(self, workflow_id: str) -> bool: ...


class IncentiveActivities(Activities):
    """What an accrual does to the database."""

    def __init__(self, services: Services, running: Running) -> None:
        self._services = services
        self._running = running
        self._database = services.database

    @activity.defn
    async def claim_accrual(self, request: ClaimAccrual) -> AccrualView:
        """Claim a run, so that a month accrues once (rule 9), or find whose it is.

        One whose workflow has ended without finishing is taken over: all that it posted counts.
        """
        view = await asyncio.to_thread(self._claim, request)
        if view.mine or view.status is RunStatus.DONE:
            return view
        if await self._running.is_running(view.claimed_by):
            return view
        return await asyncio.to_thread(self._take_over, view.run_id)

    def _claim(self, request: ClaimAccrual) -> AccrualView:
        now = program_now(self._services.clock)
        with self._database.write() as session:
            _, policy = policy_in_force(session, now)
            due_at = self._services.clock.program_time(request.due_at)
            month, today = _settled(policy, request.month, due_at, now)
            row = incentive_runs.claim(
                session, month, request.release, as_of=today, by=_me(), now=now
            )
            return self._view(session, row, row.claimed_by == _me())

    def _take_over(self, run_id: str) -> AccrualView:
        with self._database.write() as session:
            row = _known(session, run_id)
            row.claimed_by = _me()
            return self._view(session, row, mine=True)

    @activity.defn
    def accrue_range(self, request: AccrueRange) -> int:
        """Accrue the month for the partners of a range; returns pages. Goes on where it was."""
        return self._go_through(request, Accruing.accrue)

    @activity.defn
    def settle_range(self, request: AccrueRange) -> int:
        """Settle what the partners of a range have of every period: corrections, what was not known
        before, what is released; returns pages. The state decides, so a repeat posts nothing."""
        return self._go_through(request, Accruing.settle)

    def _go_through(
        self,
        request: AccrueRange,
        step: Callable[[Accruing, Database, Range], Iterator[str]],
    ) -> int:
        now = program_now(self._services.clock)
        with self._database.read() as session:
            accruing = Accruing.of(session, _known(session, request.run_id), now)
        ids, pages = Range(request.partners.after, request.partners.through), 0
        for last_id in step(accruing, self._database, ids):
            pages += 1
            activity.heartbeat(last_id)
        return pages

    @activity.defn
    def finish_accrual(self, ref: AccrualRef) -> AccrualView:
        """Add up what was posted; the run is done, and audited as a whole."""
        now = program_now(self._services.clock)
        with self._database.write() as session:
            row = _known(session, ref.run_id)
            incentive_runs.finish(session, row, now)
            return self._view(session, row, mine=True)

    def _view(self, session: Session, row: IncentiveRunRow, mine: bool) -> AccrualView:
        most = 1 if self._database.is_sqlite else MOST_RANGES
        split = window_sums.ranges(session, most, RANGE_SIZE) if mine else []
        month = Month.from_number(row.month)
        days = _releases(session, month, row.as_of)
        _, policy = policy_in_force(session, program_now(self._services.clock))
        calendar, clock = calendar_of(policy), self._services.clock
        return AccrualView(
            run_id=row.run_id,
            month=str(month),
            status=row.status,
            claimed_by=row.claimed_by,
            mine=mine,
            ranges=tuple(AccrualRange(part.after, part.through) for part in split),
            release_on=days,
            release_at=tuple(clock.real_time(calendar.office_time(day)) for day in days),
            waiting=row.counts.get("waiting", 0),
            sums=tuple(TierSum(**one) for one in row.counts.get("sums", ())),
        )


def _settled(
    policy: Policy, wanted: str | None, due_at: datetime, now: datetime
) -> tuple[Month, date]:
    """The month to accrue, and the program's day. One that has not settled is refused."""
    calendar, settling = calendar_of(policy), policy.feed.settling_days
    today = calendar.day_of(now)
    newest = calendar.newest_settled_month(today, settling)
    try:
        month = (
            Month.parse(wanted)
            if wanted
            else calendar.newest_settled_month(calendar.day_of(due_at), settling)
        )
    except ValueError as error:
        raise refusal(str(error)) from error
    if month > newest:
        raise refusal(f"{month} has not settled yet; the newest month that has is {newest}")
    return month, today


def _releases(session: Session, month: Month, as_of: date) -> tuple[date, ...]:
    """The days after `as_of` on which something is released that accrues with that month."""
    plan = incentive_plan.plan_of(session, month)
    return tuple(day for day in plan.releases if day > as_of)


def _me() -> str:
    """The workflow that runs this activity."""
    me = activity.info().workflow_id
    assert me is not None
    return me


def _known(session: Session, run_id: str) -> IncentiveRunRow:
    row = session.get(IncentiveRunRow, run_id)
    if row is None:
        raise refusal(f"there is no accrual {run_id}")
    return row
