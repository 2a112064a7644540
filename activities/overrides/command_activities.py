"""People's commands on an open case (rule 16): one transaction each, carried out once."""

from __future__ import annotations

from temporalio import activity

from activities.cases import pauses, revisions, withdrawing
from activities.cases.view import view
from activities.judging.gathering import CaseFile
from activities.overrides import case_orders
from activities.refusing import refusing
from activities.services import Activities, Services, program_now
from partners.domain.cases.commands import CaseOrder, Intervention
from partners.domain.cases.view import CaseRef, CaseView


class CaseCommandActivities(Activities):
    """What people command about a case; `activities.overrides.case_orders` says what each does."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def _carry_out(self, kind: Intervention, order: CaseOrder) -> CaseView:
        """Refused: the activity fails for good, with the reason, and nothing has changed."""
        now = program_now(self._services.clock)
        with refusing(order), self._services.database.write() as session:
            file = CaseFile.of(session, order.case_id, now)
            if not revisions.is_done(file):
                case_orders.carry_out(file, kind, order)
                withdrawing.withdraw_of_case(file)
            return view(file, self._services)

    @activity.defn
    def extend_case(self, order: CaseOrder) -> CaseView:
        """Move the deadline later by `days`."""
        return self._carry_out(Intervention.EXTENDED, order)

    @activity.defn
    def pause_case(self, order: CaseOrder) -> CaseView:
        """Stop the clock, until a person resumes or through the day `until`."""
        return self._carry_out(Intervention.PAUSED, order)

    @activity.defn
    def end_pause(self, ref: CaseRef) -> CaseView:
        """Let a paused case go on whose last day of pause is over."""
        now = program_now(self._services.clock)
        with self._services.database.write() as session:
            file = CaseFile.of(session, ref.case_id, now)
            if pauses.is_over(file):
                pauses.end(file)
                withdrawing.withdraw_of_case(file)
            return view(file, self._services)

    @activity.defn
    def waive_case(self, order: CaseOrder) -> CaseView:
        """End the case; nobody judges the partner through the day `until`."""
        return self._carry_out(Intervention.WAIVED, order)

    @activity.defn
    def reinstate_case(self, order: CaseOrder) -> CaseView:
        """End the case: the partner keeps the tier."""
        return self._carry_out(Intervention.REINSTATED, order)

    @activity.defn
    def remove_case(self, order: CaseOrder) -> CaseView:
        """End the case: the partner leaves the tier."""
        return self._carry_out(Intervention.REMOVED, order)

    @activity.defn
    def block_case(self, order: CaseOrder) -> CaseView:
        """End the case: the partner is beyond reviews. With offers: block those, and go on."""
        return self._carry_out(Intervention.BLOCKED, order)

    @activity.defn
    def unblock_case(self, order: CaseOrder) -> CaseView:
        """End a block of some offers."""
        return self._carry_out(Intervention.UNBLOCKED, order)

    @activity.defn
    def appeal_case(self, order: CaseOrder) -> CaseView:
        """Open an appeal: the decision waits for its answer."""
        return self._carry_out(Intervention.APPEALED, order)

    @activity.defn
    def uphold_case(self, order: CaseOrder) -> CaseView:
        """Answer the appeal: the case goes on."""
        return self._carry_out(Intervention.UPHELD, order)

    @activity.defn
    def overturn_case(self, order: CaseOrder) -> CaseView:
        """Answer the appeal: the case is void."""
        return self._carry_out(Intervention.OVERTURNED, order)
