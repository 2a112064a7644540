"""Telling many partners of one thing, page by page and again, until everybody is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NoReturn, Protocol

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.mail.staff_notice_activities import StaffNoticeActivities
from partners.domain.mail.staff_notice import PageTold, StaffNotice, StaffSent
from partners.domain.mail.view import Sending
from workflows.kit import mail_waits, options

LOOK_AGAIN = timedelta(days=1)
"""While mail is stopped it looks this often whether it goes again without having been told."""


class SoFar(Protocol):
    """The part of a workflow's input that says how far an earlier run of it came."""

    @property
    def told(self) -> int: ...

    @property
    def untold(self) -> int: ...

    @property
    def unknown(self) -> int: ...

    @property
    def put_off_until(self) -> datetime | None: ...


def refuse_other_ids(expected: str) -> None:
    """The id keeps two runs for one thing apart."""
    actual = workflow.info().workflow_id
    if actual != expected:
        raise ApplicationError(
            f"this workflow must be started with the id {expected!r}, not {actual!r}",
            type="WrongWorkflowId",
            non_retryable=True,
        )


class Rounds:
    """How far it came. `mail_goes`: a signal has said so since the last wait."""

    def __init__(self) -> None:
        self.headline = ""
        self.mail_goes = False
        self.told = 0
        self.untold = 0
        self.unknown = 0
        self.put_off_until: datetime | None = None

    def take_up(self, headline: str, earlier: SoFar) -> None:
        """Begin, or go on where an earlier run of the workflow came to. `headline`: what the
        current details say first."""
        self.headline = headline
        self.told, self.untold, self.unknown = earlier.told, earlier.untold, earlier.unknown
        self.put_off_until = earlier.put_off_until

    def so_far(self) -> tuple[int, int, int, datetime | None]:
        """For the next run, in the order of `SoFar`."""
        return self.told, self.untold, self.unknown, self.put_off_until

    async def tell_everybody(
        self,
        after: str,
        tell_page: Callable[[str], Awaitable[PageTold]],
        afresh: Callable[[str], NoReturn],
    ) -> None:
        """Page by page until everybody is told; a kill switch only makes it wait.

        `tell_page` tells the next partners after one; `afresh` continues as new from there.
        """
        await self._tell_pages(after, tell_page, afresh)
        while (wait := self._why_again()) is not None:
            await self._wait_for_mail(*wait)
            # Counted anew with everybody: who was told before is counted again, and not told again.
            self.told = self.untold = self.unknown = 0
            self.put_off_until = None
            await self._tell_pages("", tell_page, afresh)

    async def tell_staff(self, notice: StaffNotice, summary: str) -> None:
        while True:
            sent: StaffSent = await workflow.execute_activity_method(
                StaffNoticeActivities.send_staff_notice,
                notice,
                task_queue=options.MAIL_TASK_QUEUE,
                start_to_close_timeout=options.SEND_TIMEOUT,
                retry_policy=options.PATIENT,
                summary=summary,
            )
            if mail_waits.is_unknown(sent.result):
                await self._wait_for_mail(options.UNKNOWN_RETRY, "the message is unknown")
            elif sent.result is Sending.STOPPED:
                await self._wait_for_mail()
            else:
                return

    def _why_again(self) -> tuple[timedelta, str] | None:
        """How long to wait, and why, before everybody who is left is told; None: all are."""
        if self.put_off_until is not None:
            wait = max(self.put_off_until - workflow.now(), mail_waits.SHORTEST_WAIT)
            return wait, "waiting for hours at which mail goes out"
        if self.unknown and workflow.patched(mail_waits.UNKNOWN_WAITS):  # asked last: `is_unknown`
            return options.UNKNOWN_RETRY, f"{self.unknown} messages are unknown"
        return None

    async def _tell_pages(
        self,
        start: str,
        tell_page: Callable[[str], Awaitable[PageTold]],
        afresh: Callable[[str], NoReturn],
    ) -> None:
        """Everybody from there on. Whoever was told is only counted: each message has a key."""
        after: str | None = start
        while after is not None:
            page = await tell_page(after)
            after = page.last_id
            await self._count(page)
            if after is not None and workflow.info().is_continue_as_new_suggested():
                afresh(after)

    async def _count(self, page: PageTold) -> None:
        self.told += page.told
        self.untold += page.untold
        self.unknown += page.unknown
        if page.until is not None:
            self.put_off_until = min(page.until, self.put_off_until or page.until)
        workflow.set_current_details(
            f"{self.headline}\n\n{self.told} partners told, {self.untold} not yet"
        )
        if page.stopped:
            await self._wait_for_mail()

    async def _wait_for_mail(
        self, at_most: timedelta = LOOK_AGAIN, why: str = "mail is stopped"
    ) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self.mail_goes, timeout=at_most, timeout_summary=why
            )
        self.mail_goes = False  # after the wait: a signal during a page must end the next wait
