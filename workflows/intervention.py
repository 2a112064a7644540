"""Intervention: tell a partner what a person did about them, where no case is open.

What was done is in the database, in one transaction, before this starts.
"""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import workflow

from activities.overrides.intervention_activities import InterventionActivities
from partners.domain.cases.view import PartnerRef, Telling, Told, Untold
from workflows.kit import steps
from workflows.kit.telling import Look, tell_person_did, until_told

STATIC_DETAILS = (
    "A person decided about this partner; the partner is told. See the current details."
)


def static_summary(partner_id: str) -> str:
    """The headline of an intervention's page."""
    return f"A person's decision about {partner_id}"


@dataclass(frozen=True)
class InterventionInput:
    """About whom: `{"partner_id": "acme"}`. What was done is in the database."""

    partner_id: str


@dataclass(frozen=True)
class InterventionResult:
    """What the partner was told last, and what became of it."""

    partner_id: str
    kind: str = ""
    told: str = ""


@workflow.defn
class Intervention:
    """Tells a partner what people did about them, one thing after the other.

    Signal: `look_again` (there is more to tell, or mail goes again).
    """

    def __init__(self) -> None:
        self._look = Look()

    @workflow.run
    async def run(self, order: InterventionInput) -> InterventionResult:
        """Tell until nothing is left."""
        result = InterventionResult(order.partner_id)
        while True:
            self._look.again = False  # before the step, so that a signal during it is not lost
            untold = await self._next(order.partner_id)
            if untold.next is not None:
                told = await self._tell(untold, untold.next)
                result = InterventionResult(order.partner_id, untold.next.kind, told.result)
            elif not self._look.again:
                return result

    @workflow.signal(description="There is more to tell, or mail goes again.")
    def look_again(self) -> None:
        self._look.again = True

    async def _next(self, partner_id: str) -> Untold:
        request, summary = PartnerRef(partner_id), "what a person did"
        found: Untold = await steps.step(InterventionActivities.next_untold, request, summary)
        return found

    async def _tell(self, untold: Untold, telling: Telling) -> Told:
        clock = untold.clock
        return await until_told(
            lambda: tell_person_did(telling),
            lambda told: told.until and clock.real_time(told.until),
            self._look,
            f"**{telling.kind.capitalize()}**",
            clock.real_length(1),
        )
