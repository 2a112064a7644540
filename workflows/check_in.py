"""CheckIn: a friendly word before any warning, through crashes and kill switches.

It opens no case and starts no clock. A case never waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

from activities.responses.activities import ResponseActivities
from activities.responses.check_in_activities import CheckInActivities
from partners.domain.cases.view import PartnerRef
from partners.domain.mail.view import Sending
from partners.domain.responses.view import CheckInStep, CheckInTold, TellCheckIn
from workflows.kit import mail_waits, options, steps, timeline
from workflows.kit.telling import Look, until_told

STATIC_DETAILS = "A friendly word about figures that slipped. No case is open, no clock runs."
BY_A_PERSON = "waiting for a person to send the message and mark it as sent"


def static_summary(partner_id: str) -> str:
    """The headline of a check-in's page."""
    return f"Check-in with {partner_id}"


@dataclass(frozen=True)
class CheckInInput:
    """With whom: `{"partner_id": "acme"}`. Whether one is due is found out."""

    partner_id: str


@dataclass(frozen=True)
class CheckInResult:
    """What became of the message, or why there was none."""

    partner_id: str
    told: str = ""
    reason: str = ""


@workflow.defn
class CheckIn:
    """Checks in with a partner about the criteria whose response begins so.

    Signal: `look_again` (another may be due, or mail goes again).
    """

    def __init__(self) -> None:
        self._look = Look()

    @workflow.run
    async def run(self, order: CheckInInput) -> CheckInResult:
        """Take the step and tell the partner, until none is due."""
        result = CheckInResult(order.partner_id)
        while True:
            self._look.again = False  # before the step, so that a signal during it is not lost
            step = await self._take(order.partner_id)
            if step.key is not None:
                told = await self._tell(step, step.key)
                result = CheckInResult(order.partner_id, told.result)
            elif not self._look.again:
                if result.told:
                    return result
                workflow.set_current_details(f"**No check-in:** {step.reason}")
                return CheckInResult(order.partner_id, reason=step.reason)

    @workflow.signal(description="Another check-in may be due, or mail goes again.")
    def look_again(self) -> None:
        self._look.again = True

    async def _take(self, partner_id: str) -> CheckInStep:
        step: CheckInStep = await steps.step(
            ResponseActivities.take_step, PartnerRef(partner_id), "is a check-in due?"
        )
        return step

    async def _tell(self, step: CheckInStep, key: str) -> CheckInTold:
        workflow.set_current_details(f"**{step.headline}**; the partner is told")
        return await until_told(
            lambda: self._send(step, key),
            lambda told: told.until,
            self._look,
            f"**{step.headline}**",
            step.clock.real_length(1),
            why_wait=_waits_for,
        )

    async def _send(self, step: CheckInStep, key: str) -> CheckInTold:
        told: CheckInTold = await workflow.execute_activity_method(
            CheckInActivities.send_check_in,
            TellCheckIn(key),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=timeline.shorten(f"e-mail: check-in: {step.headline}"),
        )
        return told


def _waits_for(result: Sending) -> str | None:
    """Also for a person who sends: until the partner was told, no warning may follow."""
    return BY_A_PERSON if result is Sending.WAITING else mail_waits.why(result)
