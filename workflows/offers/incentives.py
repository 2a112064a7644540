"""IncentiveAccrual: a month's incentives into the ledger, and out of their holding period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from activities.offers.incentive_activities import IncentiveActivities
from partners.domain.offers.incentives.incentive_runs import (
    AccrualRef,
    AccrualView,
    AccrueRange,
    ClaimAccrual,
    RunStatus,
)
from workflows.kit import options, steps
from workflows.kit.words import incentive_words

STATIC_SUMMARY = "Incentives of a month"
STATIC_DETAILS = (
    "Accrues what completed orders pay back, once; then waits until it is no longer held for "
    "returns, and settles what was corrected meanwhile."
)


@dataclass(frozen=True)
class AccrualInput:
    """Which month: `{"month": "2026-10"}`; default: the newest that has settled when it is due."""

    month: str | None = None


@dataclass(frozen=True)
class AccrualResult:
    """How it ended; of a month that another run has, `claimed_by` is that one's workflow."""

    run_id: str
    status: RunStatus
    claimed_by: str = ""


@dataclass(frozen=True)
class AccrualProgress:
    """What the query answers: in words, and the runs of the month so far."""

    words: str = "not begun"
    runs: tuple[AccrualView, ...] = ()
    accrued: bool = False  # what is left is to wait, and to release


@workflow.defn
class IncentiveAccrual:
    """One month, once (rule 9). A second run of the same month finds it claimed, and ends.

    Query: `progress`.
    """

    def __init__(self) -> None:
        self._progress = AccrualProgress()

    @workflow.run
    async def run(self, request: AccrualInput) -> AccrualResult:
        """Accrue the month, settle earlier ones; then wait for each day of release, and settle."""
        first = await self._claim(request.month, 0)
        if not first.mine:
            return AccrualResult(first.run_id, first.status, first.claimed_by)
        if first.status is RunStatus.RUNNING:
            await self._through(IncentiveActivities.accrue_range, first, f"accrue {first.month}")
            first = await self._settle(first, "settle earlier months")
        releases = zip(first.release_on, first.release_at, strict=True)
        for number, (day, at) in enumerate(releases, 1):
            self._show(f"held for returns until {day}", accrued=True)
            await self._wait(at, f"held for returns until {day}")
            view = await self._claim(first.month, number)
            if view.mine and view.status is RunStatus.RUNNING:
                await self._settle(view, "settle, and release what is over its holding period")
        self._show("done", accrued=True)
        return AccrualResult(first.run_id, RunStatus.DONE, first.claimed_by)

    async def _claim(self, month: str | None, release: int) -> AccrualView:
        what = f"release of {month}" if release else f"accrual of {month or 'the newest month'}"
        view: AccrualView = await steps.step(
            IncentiveActivities.claim_accrual,
            ClaimAccrual(month, _due_at(), release),
            f"claim the {what}",
        )
        self._keep(view)
        self._show("accruing" if view.mine else f"another run has it: {view.status}")
        return view

    async def _settle(self, view: AccrualView, summary: str) -> AccrualView:
        """Settle what stands otherwise by now, and record the run."""
        await self._through(IncentiveActivities.settle_range, view, summary)
        done: AccrualView = await steps.step(
            IncentiveActivities.finish_accrual, AccrualRef(view.run_id), f"record {view.run_id}"
        )
        self._keep(done)
        return done

    async def _through(self, activity: Callable[..., Any], view: AccrualView, summary: str) -> None:
        """Everybody, in ranges side by side; each goes on from where it was after a crash."""
        ranges = (AccrueRange(view.run_id, part) for part in view.ranges)
        await asyncio.gather(*(steps.pages(activity, part, summary) for part in ranges))

    async def _wait(self, at: datetime, summary: str) -> None:
        await workflow.sleep(max(at - workflow.now(), timedelta(0)), summary=summary)

    # ---- what is shown ----

    def _keep(self, view: AccrualView) -> None:
        """The newest word on each run."""
        others = tuple(run for run in self._progress.runs if run.run_id != view.run_id)
        self._progress = AccrualProgress(self._progress.words, (*others, view))

    def _show(self, words: str, accrued: bool = False) -> None:
        self._progress = AccrualProgress(words, self._progress.runs, accrued)
        workflow.set_current_details(incentive_words.details(words, self._progress.runs))

    @workflow.query(name="progress", description="How far the month is, and what it came to.")
    def show_progress(self) -> AccrualProgress:
        return self._progress


def _due_at() -> datetime:
    """When the schedule meant it to run; without one, when it was started."""
    info = workflow.info()
    return info.typed_search_attributes.get(options.SCHEDULED_AT) or info.start_time
