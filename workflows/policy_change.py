"""PolicyChange: tell the partners whose standards a new policy changes, before it applies."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.mail.staff_notice_activities import StaffNoticeActivities
from activities.policy.activities import PolicyChangeActivities
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.staff_notice import PageTold, StaffNotice, StaffSent, TellPage
from partners.domain.mail.view import Sending
from workflows.kit import mail_waits, options

LOOK_AGAIN = timedelta(days=1)
"""While mail is stopped it looks this often whether it goes again without having been told."""


@dataclass(frozen=True)
class PolicyChangeInput:
    """Which version: `{"version": 3}`. The rest is where an earlier run of it came to."""

    version: int
    after: str = ""
    told: int = 0
    untold: int = 0
    unknown: int = 0
    put_off_until: datetime | None = None


@dataclass(frozen=True)
class PolicyChangeResult:
    """How many partners were told, and how many could not be or wait for a person to send it."""

    version: int
    told: int
    untold: int


@workflow.defn
class PolicyChange:
    """Tells everybody whose standards change, once each, then staff how it went.

    Signal: `notice_changed` (mail goes again).
    """

    def __init__(self) -> None:
        self._mail_goes = False
        self._told = 0
        self._untold = 0
        self._unknown = 0
        self._put_off_until: datetime | None = None

    @workflow.run
    async def run(self, request: PolicyChangeInput) -> PolicyChangeResult:
        """Page by page until everybody is told; a kill switch only makes it wait."""
        self._refuse_other_ids(request.version)
        self._told, self._untold, self._unknown = request.told, request.untold, request.unknown
        self._put_off_until = request.put_off_until
        await self._tell_pages(request.version, request.after)
        while (wait := self._why_again()) is not None:
            await self._wait_for_mail(*wait)
            # Counted anew with everybody: who was told before is counted again, and not told again.
            self._told = self._untold = self._unknown = 0
            self._put_off_until = None
            await self._tell_pages(request.version, "")
        if self._told or self._untold:
            await self._tell_staff(request.version)
        return PolicyChangeResult(request.version, self._told, self._untold)

    def _why_again(self) -> tuple[timedelta, str] | None:
        """How long to wait, and why, before everybody who is left is told; None: all are."""
        if self._put_off_until is not None:
            wait = max(self._put_off_until - workflow.now(), mail_waits.SHORTEST_WAIT)
            return wait, "waiting for hours at which mail goes out"
        if self._unknown and workflow.patched(mail_waits.UNKNOWN_WAITS):  # asked last: `is_unknown`
            return options.UNKNOWN_RETRY, f"{self._unknown} messages are unknown"
        return None

    def _refuse_other_ids(self, version: int) -> None:
        """The id keeps two runs for one version apart."""
        expected, actual = options.policy_workflow_id(version), workflow.info().workflow_id
        if actual != expected:
            raise ApplicationError(
                f"this workflow must be started with the id {expected!r}, not {actual!r}",
                type="WrongWorkflowId",
                non_retryable=True,
            )

    async def _tell_pages(self, version: int, start: str) -> None:
        """Everybody from there on. Whoever was told is only counted: each message has a key."""
        after: str | None = start
        while after is not None:
            after = await self._tell_page(version, after)
            if after is not None and workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(
                    PolicyChangeInput(
                        version,
                        after,
                        self._told,
                        self._untold,
                        self._unknown,
                        self._put_off_until,
                    )
                )

    async def _tell_page(self, version: int, after: str) -> str | None:
        """Tell the next partners; returns the last of them, None after the last of all."""
        page: PageTold = await workflow.execute_activity_method(
            PolicyChangeActivities.tell_page,
            TellPage(version, after),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.PAGES_TIMEOUT,
            heartbeat_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=f"e-mail: standards change with policy version {version}",
        )
        self._told += page.told
        self._untold += page.untold
        self._unknown += page.unknown
        if page.until is not None:
            self._put_off_until = min(page.until, self._put_off_until or page.until)
        workflow.set_current_details(
            f"**Policy version {version}**\n\n{self._told} partners told, {self._untold} not yet"
        )
        if page.stopped:
            await self._wait_for_mail()
        return page.last_id

    async def _tell_staff(self, version: int) -> None:
        notice = StaffNotice(
            f"policy/{version}", NoticeKind.POLICY_PUBLISHED, policy_version=version
        )
        while True:
            sent: StaffSent = await workflow.execute_activity_method(
                StaffNoticeActivities.send_staff_notice,
                notice,
                task_queue=options.MAIL_TASK_QUEUE,
                start_to_close_timeout=options.SEND_TIMEOUT,
                retry_policy=options.PATIENT,
                summary=f"e-mail to staff: who was told of policy version {version}",
            )
            if mail_waits.is_unknown(sent.result):
                await self._wait_for_mail(options.UNKNOWN_RETRY, "the message is unknown")
            elif sent.result is Sending.STOPPED:
                await self._wait_for_mail()
            else:
                return

    async def _wait_for_mail(
        self, at_most: timedelta = LOOK_AGAIN, why: str = "mail is stopped"
    ) -> None:
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._mail_goes, timeout=at_most, timeout_summary=why
            )
        self._mail_goes = False  # after the wait: a signal during a page must end the next wait

    @workflow.signal(description="Mail goes again.")
    def notice_changed(self) -> None:
        self._mail_goes = True
