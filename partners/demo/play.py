"""Playing the demo: set the stage, start the clock and the cases, feed orders, show it all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from partners import embedded
from partners.demo import progress, screen
from partners.demo.exclusive_stories import HOLDER_STORIES, sign_exclusives
from partners.demo.feed import fed_days
from partners.demo.links import timeline_links
from partners.demo.referring import REFERRAL_STORIES
from partners.demo.scene import Scene
from partners.demo.stage import Stage, set_up, start_clock, stop_clock
from partners.demo.stories import JUDGED_ON, START, STORIES, Story
from partners.domain.cases.view import GracePeriodInput
from partners.domain.reviews.review import ReviewKind, period_on
from partners.domain.time.clock import ProgramClock
from partners.errors import SetupError
from partners.settings import Mode, Settings
from partners.temporal.running import RunningReferrals
from partners.use_cases.reviews import review_run
from partners.web.app import demo_app
from workflows.grace_period import GracePeriod
from workflows.kit import timeline
from workflows.kit.options import (
    TASK_QUEUE,
    exclusive_workflow_id,
    grace_workflow_id,
    review_workflow_id,
)

REDRAW_SECONDS, LINES_SECONDS = 0.25, 0.5
"""How often the stories are looked at: for a screen that people watch, and for lines."""
WARM_UP = timedelta(seconds=1.5)
"""How long the workers may take to start before the first day begins."""

REVIEW = period_on(ReviewKind.MONTHLY, JUDGED_ON, 3)
"""September's."""

LONGEST_DAYS = 120
"""A story that has not ended by then never will."""


class Demo:
    """One showing. `play` returns whether every story ended as told; None if it was stopped."""

    def __init__(self, folder: Path, console: Console, day_seconds: float, once: bool) -> None:
        self._folder = folder
        self._console = console
        self._day_seconds = day_seconds
        self._once = once or not console.is_terminal

    async def play(self) -> bool | None:
        """Run from the first day to the summary; then, on a terminal, until Ctrl-C."""
        stop = embedded.stop_asked()
        async with AsyncExitStack() as stack:
            ports, notes = embedded.free_ports(embedded.Ports())
            server = await stack.enter_async_context(embedded.dev_server(ports))
            stage = set_up(self._folder)
            stack.callback(stage.database.close)
            settings = embedded.with_links(self._settings(stage), ports.mail)
            pages = demo_app(stage.database, settings, server.client)
            mails = await stack.enter_async_context(
                embedded.mail_pages(stage.database, ports.mail, pages)
            )
            links = f"Temporal UI  {server.ui_url}\nE-mails      {mails}"
            self._introduce(stage, server.address, [*notes, links])
            starts_at = datetime.now(UTC) + WARM_UP  # the first day is not spent on starting
            clock = start_clock(stage.database, self._day_seconds, starts_at)
            async with embedded.working(server.client, settings, stage.database):
                await start_cases(server.client, STORIES[:1])  # warms the workers up
                await asyncio.sleep((starts_at - datetime.now(UTC)).total_seconds())
                running = RunningReferrals(server.client)
                await asyncio.gather(*(running.start(r.partner_id) for r in REFERRAL_STORIES))
                result = await self._show(stage, server.client, clock, links, stop)
            if result is not None:
                stop_clock(stage.database, clock, datetime.now(UTC))
                await self._end(server, links, stop)
            if stop.is_set():
                self._console.print("\nStopping …")
        # An interpreter that exits right after using the SDK can abort (sdk-python #300).
        await asyncio.sleep(0.2)
        return result

    async def _end(self, server: embedded.Server, links: str, stop: asyncio.Event) -> None:
        """Where to look at what was played; then, on a terminal, serve it until Ctrl-C."""
        played = [(story.name, grace_workflow_id(story.partner_id)) for story in STORIES]
        held = [(story.name, exclusive_workflow_id(story.exclusive_id)) for story in HOLDER_STORIES]
        played += [*held, ("the monthly review", review_workflow_id(REVIEW.review_id))]
        self._console.print("Timelines in the Temporal UI:")
        for name, link in await timeline_links(server.client, server.ui_url, played):
            self._console.print(f"  {name:20} {link}", highlight=False, soft_wrap=True)
        if self._once:
            return
        self._console.print(
            f"{links}\nThe clock stands: nothing goes on, everything can be looked at. "
            "Ctrl-C ends it."
        )
        async with embedded.readable(server.client):
            await stop.wait()

    def _settings(self, stage: Stage) -> Settings:
        return Settings(
            mode=Mode.DEMO, database_url=stage.url, mail_per_second=1000, drain_seconds=5
        )

    def _introduce(self, stage: Stage, address: str, lines: list[str]) -> None:
        grace = stage.policy.grace.days
        for line in (
            f"{screen.pace_words(self._day_seconds)}: {len(STORIES)} sample resellers, "
            f"{grace} days of grace; {len(HOLDER_STORIES)} who hold an exclusive; "
            f"{len(REFERRAL_STORIES)} partners who refer.",
            "On the first day two exclusives are signed; on "
            f"{JUDGED_ON:%-d %B} the monthly review of September judges everybody.",
            "The policy is program.toml with a wider guard (all are warned on one day), staff "
            "reminded every 30 days, and 3 purchases within 30 days to become a reseller.",
            *lines,
            "Commands in another terminal, to look, or, until the summary, to act:",
            f"  export PARTNERS_MODE=demo DATABASE_URL={stage.url} TEMPORAL_ADDRESS={address}",
        ):
            self._console.print(line, highlight=False, soft_wrap=True)

    async def _show(
        self, stage: Stage, client: Client, clock: ProgramClock, links: str, stop: asyncio.Event
    ) -> bool | None:
        """Feed and show until every story has ended; None if stopped before."""
        playing = asyncio.ensure_future(days(stage, client, clock))
        shown = (
            screen.LiveScreen(self._console, self._day_seconds, links)
            if self._console.is_terminal
            else screen.Lines(self._console)
        )
        try:
            with shown:
                scenes = await self._watch(stage, clock, shown, stop, playing)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
        if scenes is None:
            return None
        self._console.print(screen.summary(scenes))
        return all(scene.is_as_told for scene in scenes)

    async def _watch(
        self,
        stage: Stage,
        clock: ProgramClock,
        shown: screen.Screen,
        stop: asyncio.Event,
        playing: asyncio.Future[Any],
    ) -> list[Scene] | None:
        while not stop.is_set():
            if playing.done():
                playing.result()  # raises what ended it
            now = clock.program_time(datetime.now(UTC))
            scenes = await asyncio.to_thread(progress.scenes, stage)
            shown.show(now, scenes)
            too_long = (now - clock.program_anchor).days > LONGEST_DAYS
            if too_long or all(scene.ending for scene in scenes):
                return scenes
            try:
                pause = REDRAW_SECONDS if self._console.is_terminal else LINES_SECONDS
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue
        return None


async def days(stage: Stage, client: Client, clock: ProgramClock) -> None:
    """What people and feeds do on the demo's days."""

    async def connected() -> Client:
        return client

    await sign_exclusives(stage.acting(START, connected))
    async for day in fed_days(stage, client, clock):
        if day == JUDGED_ON:
            await review(stage, client, clock)


async def review(stage: Stage, client: Client, clock: ProgramClock) -> None:
    """Judge everybody for September, as the schedule does on the day on which it has settled:
    whoever is below gets a case."""

    async def connected() -> Client:
        return client

    now = clock.program_time(datetime.now(UTC))
    ran = await review_run.review(stage.acting(now, connected), REVIEW, wait=True)
    if ran.stand is not review_run.Stand.ENDED:
        raise SetupError(f"the demo's review did not end: {ran.words}")


async def start_cases(client: Client, stories: Sequence[Story]) -> None:
    """Check these partners against the standards, all at once."""
    await asyncio.gather(
        *(
            client.start_workflow(
                GracePeriod.run,
                GracePeriodInput(story.partner_id),
                id=grace_workflow_id(story.partner_id),
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=timeline.static_summary(story.partner_id),
                static_details=timeline.STATIC_DETAILS,
            )
            for story in stories
        )
    )
