"""PolicyChange: tell the partners whose standards a new policy changes, before it applies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from temporalio import workflow

from activities.policy.activities import PolicyChangeActivities
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.staff_notice import PageTold, StaffNotice, TellPage
from workflows.kit import options
from workflows.kit.rounds import Rounds, refuse_other_ids


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
        self._rounds = Rounds()

    @workflow.run
    async def run(self, request: PolicyChangeInput) -> PolicyChangeResult:
        """Page by page until everybody is told; a kill switch only makes it wait."""
        version, rounds = request.version, self._rounds
        refuse_other_ids(options.policy_workflow_id(version))
        rounds.take_up(f"**Policy version {version}**", request)
        await rounds.tell_everybody(
            request.after,
            lambda after: self._tell_page(version, after),
            lambda after: self._go_on(version, after),
        )
        if rounds.told or rounds.untold:
            notice = StaffNotice(
                f"policy/{version}", NoticeKind.POLICY_PUBLISHED, policy_version=version
            )
            summary = f"e-mail to staff: who was told of policy version {version}"
            await rounds.tell_staff(notice, summary)
        return PolicyChangeResult(version, rounds.told, rounds.untold)

    def _go_on(self, version: int, after: str) -> NoReturn:
        workflow.continue_as_new(PolicyChangeInput(version, after, *self._rounds.so_far()))

    async def _tell_page(self, version: int, after: str) -> PageTold:
        """Tell the next partners; `last_id` is the last of them, None after the last of all."""
        return await workflow.execute_activity_method(
            PolicyChangeActivities.tell_page,
            TellPage(version, after),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.PAGES_TIMEOUT,
            heartbeat_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=f"e-mail: standards change with policy version {version}",
        )

    @workflow.signal(description="Mail goes again.")
    def notice_changed(self) -> None:
        self._rounds.mail_goes = True
