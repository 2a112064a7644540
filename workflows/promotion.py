"""Promotion: carry out what was approved, and tell the partner, through crashes and kill switches.

A case never waits for it: the tier changes in one transaction, which refuses while a case is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from temporalio import workflow

from activities.ladder.activities import PromotionActivities
from activities.ladder.partner_notice_activities import PartnerNoticeActivities
from partners.domain.cases.view import PartnerRef
from partners.domain.ladder.view import PromotionStep, PromotionTold, TellPromotion
from partners.domain.mail.view import Mailed
from workflows.kit import markdown, options, timeline
from workflows.kit.telling import Look, until_told

STATIC_DETAILS = "Change the tier as approved, then tell the partner. See the current details."


def static_summary(partner_id: str) -> str:
    """The headline of a promotion's page."""
    return f"Promotion of {partner_id}"


@dataclass(frozen=True)
class PromotionInput:
    """Whose: `{"partner_id": "acme"}`. What was approved is in the database."""

    partner_id: str


@dataclass(frozen=True)
class PromotionResult:
    """How it ended: the tier entered last and what became of the mail, or why nothing changed."""

    partner_id: str
    tier: str | None = None
    told: str = ""
    refusal: str = ""


@workflow.defn
class Promotion:
    """Carries out a partner's approved promotions, one after the other.

    Signal: `look_again` (another was approved, or mail goes again).
    """

    def __init__(self) -> None:
        self._look = Look()

    @workflow.run
    async def run(self, order: PromotionInput) -> PromotionResult:
        """Promote and tell, until nothing approved is left."""
        result = PromotionResult(order.partner_id)
        while True:
            self._look.again = False  # before the step, so that a signal during it is not lost
            step = await self._promote(order.partner_id)
            if step.candidate_id is None:
                if not self._look.again:
                    return result
            elif step.refusal:
                workflow.set_current_details(f"**Not promoted:** {step.refusal}{_story(step)}")
                result = PromotionResult(order.partner_id, refusal=step.refusal)
            else:
                told = await self._tell(step, step.candidate_id)
                result = PromotionResult(order.partner_id, step.to_tier, told.result)

    @workflow.signal(description="Another promotion was approved, or mail goes again.")
    def look_again(self) -> None:
        self._look.again = True

    async def _promote(self, partner_id: str) -> PromotionStep:
        return await workflow.execute_activity_method(
            PromotionActivities.promote,
            PartnerRef(partner_id),
            task_queue=options.TASK_QUEUE,
            start_to_close_timeout=options.STEP_TIMEOUT,
            retry_policy=options.PATIENT,
            summary="change the tier as approved",
        )

    async def _tell(self, step: PromotionStep, candidate_id: int) -> PromotionTold:
        """Send the notice; while mail is stopped or the message unknown, wait and try again."""
        headline = f"**Now in {step.to_tier}**"
        workflow.set_current_details(f"{headline}; the partner is told{_story(step)}")
        workflow.upsert_search_attributes([options.PARTNER_TIER.value_set(step.to_tier)])
        return await until_told(
            lambda: self._send(step, candidate_id),
            lambda told: told.until,
            self._look,
            headline,
            step.clock.real_length(1),
            rest=lambda told: _story(step, told.mails),
        )

    async def _send(self, step: PromotionStep, candidate_id: int) -> PromotionTold:
        return await workflow.execute_activity_method(
            PartnerNoticeActivities.send_partner_notice,
            TellPromotion(candidate_id, step.kind),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=timeline.shorten(f"e-mail: {step.kind.label}: {step.to_tier}"),
        )


def _story(step: PromotionStep, mails: Sequence[Mailed] = ()) -> str:
    """Why, by whom, what was sent and what comes next; nothing from a step of an older version."""
    if not step.why:
        return ""
    facts = [f"**Why:** from {step.from_tier or 'no tier'} to {step.to_tier}: {step.why}"]
    if step.refusal:
        facts.append("**Next:** nothing; a review that finds it earned proposes it again")
    else:
        facts += [
            "**Deadline:** none; what was approved is carried out at once",
            f"**Next:** nothing. Reviews hold the partner against what keeps {step.to_tier}, on "
            f"months that begin after {step.since}",
        ]
    parts = [
        markdown.bullets(facts),
        markdown.acts(step.acts),
        markdown.mails(mails),
        timeline.demo(step.clock),
    ]
    return f"\n\n{markdown.joined(parts)}"
