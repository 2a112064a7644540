"""TrackWatch: once a day, begin the tracks that are lacking, and tell of what expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow

from activities.ladder.track_activities import TrackActivities, TrackNoticeActivities
from partners.domain.ladder.view import BeginTracks, TellTracks
from partners.domain.mail.staff_notice import PageTold
from workflows.kit import mail_waits, options

STATIC_SUMMARY = "Tracks: what begins, and what expires"
STATIC_DETAILS = (
    "Begins the steps of a tier for whoever is in it and lacks them, then reminds of what expires "
    "soon and tells of what has. No case comes of it, and no tier is lost by it."
)
LONGEST_WAIT = timedelta(hours=20)
"""For hours at which mail goes out; by then the next day's watch is near, and does the rest."""


@dataclass(frozen=True)
class TrackWatchInput:
    """Where an earlier run of it came to; blank for a new one."""

    begun: int | None = None
    after: str = ""
    told: int = 0
    started_at: datetime | None = None


@dataclass(frozen=True)
class TrackWatchResult:
    """For how many partners a track began, how many messages went out, and how many did not."""

    begun: int
    told: int
    untold: int


@workflow.defn
class TrackWatch:
    """Whoever was told is not told again: each message has a key. While mail is stopped nobody is
    told: the next day's watch does it."""

    def __init__(self) -> None:
        self._told = 0
        self._untold = 0
        self._put_off_until: datetime | None = None
        self._stopped = False

    @workflow.run
    async def run(self, request: TrackWatchInput) -> TrackWatchResult:
        """Begin, then tell page by page; who cannot be told at this hour is told later."""
        started_at = request.started_at or workflow.now()
        begun = request.begun if request.begun is not None else await self._begin()
        self._told = request.told
        await self._tell_pages(begun, request.after, started_at)
        while not self._stopped and (wait := self._wait(started_at)) is not None:
            await workflow.sleep(wait, summary="waiting for an hour at which mail goes out")
            self._untold, self._put_off_until = 0, None
            await self._tell_pages(begun, "", started_at)
        return TrackWatchResult(begun, self._told, self._untold)

    def _wait(self, started_at: datetime) -> timedelta | None:
        """How long until somebody who was put off can be told; None if that is nobody, or late."""
        if self._put_off_until is None:
            return None
        if self._put_off_until > started_at + LONGEST_WAIT:
            return None
        return max(self._put_off_until - workflow.now(), mail_waits.SHORTEST_WAIT)

    async def _begin(self) -> int:
        begun: int = await workflow.execute_activity_method(
            TrackActivities.begin_tracks,
            BeginTracks(),
            task_queue=options.TASK_QUEUE,
            start_to_close_timeout=options.PAGES_TIMEOUT,
            heartbeat_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="begin the tracks of whoever is in a tier and lacks them",
        )
        return begun

    async def _tell_pages(self, begun: int, start: str, started_at: datetime) -> None:
        after: str | None = start
        while after is not None and not self._stopped:
            after = await self._tell_page(begun, after)
            if after is not None and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(TrackWatchInput(begun, after, self._told, started_at))

    async def _tell_page(self, begun: int, after: str) -> str | None:
        """Tell the next partners; returns the last of them, None after the last of all."""
        page: PageTold = await workflow.execute_activity_method(
            TrackNoticeActivities.tell_tracks,
            TellTracks(after),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.PAGES_TIMEOUT,
            heartbeat_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="e-mail: what expires soon, and what has",
        )
        self._told += page.told
        self._untold += page.untold
        self._stopped = page.stopped
        if page.until is not None:
            self._put_off_until = min(page.until, self._put_off_until or page.until)
        stopped = "; mail is stopped" if page.stopped else ""
        workflow.set_current_details(
            f"**Tracks** began for {begun} partners; {self._told} messages sent, "
            f"{self._untold} not yet{stopped}"
        )
        return page.last_id
