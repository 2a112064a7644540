"""Telling partners what a person did about them: once each, composed from the record."""

from __future__ import annotations

from sqlalchemy.orm import Session
from temporalio import activity

from activities.cases.intervention_notice import compose
from activities.cases.view import view
from activities.judging.gathering import CaseFile
from activities.mail.mail_handover import hand_over
from activities.services import Activities, Services, program_now
from partners.domain.cases.view import CaseView, PartnerRef, Telling, Told, Untold
from partners.domain.mail.notices import intervention_key
from partners.store.overrides import overrides
from partners.store.tables.case_tables import InterventionRow


class InterventionActivities(Activities):
    """What is yet to be told of that was about no case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def next_untold(self, ref: PartnerRef) -> Untold:
        """The oldest; a new run goes on from there."""
        with self._services.database.read() as session:
            row = overrides.next_untold(session, ref.partner_id)
            if row is None:
                return Untold(clock=self._services.clock)
            telling = Telling(row.intervention_id, row.kind)
            return Untold(telling, self._services.clock)


class InterventionNoticeActivities(Activities):
    """E-mails to partners about what a person did."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def tell_intervention(self, telling: Telling) -> Told:
        """Tell a partner, once; safe to repeat, for the message's key decides.

        Whatever the provider answers, it is not tried again: what was done stands, told or not.
        Only a kill switch, an hour at which nothing is sent, or an answer that nobody saw, leaves
        it open.
        """
        now, number = program_now(self._services.clock), telling.intervention_id
        with self._services.database.read() as session:
            partner_id = session.get_one(InterventionRow, number).partner_id
        handed = hand_over(
            self._services,
            intervention_key(partner_id, number, telling.notice),
            telling.notice,
            lambda session: compose(session, session.get_one(InterventionRow, number), now),
            now,
        )
        with self._services.database.write() as session:
            row = session.get_one(InterventionRow, number, with_for_update=True)
            if not handed.result.is_open:
                row.told = ": ".join(filter(None, [handed.result, handed.detail]))
            case = self._case(session, row)
        return Told(handed.result, handed.detail, handed.until, case)

    def _case(self, session: Session, row: InterventionRow) -> CaseView | None:
        if row.case_id is None:
            return None
        session.flush()
        file = CaseFile.of(session, row.case_id, program_now(self._services.clock))
        return view(file, self._services)
