"""Progressive response: whether a check-in is due, and the way to the workflow that sends it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session
from temporalio import activity

from activities.apart import apart, keep_aside
from activities.judging.case_opening import Judgement, judge
from activities.pages import PAGE, refuse_if_stopped, side_by_side
from activities.refusing import known_partner, policy_in_force
from activities.services import Activities, Services, actor, program_now
from partners.calendars import calendar_of
from partners.domain.cases.case import NotOpened
from partners.domain.cases.view import PartnerRef
from partners.domain.judging.aside import During
from partners.domain.judging.assessment import Finding
from partners.domain.policy.policy import Policy
from partners.domain.record.decisions import Step
from partners.domain.responses.view import CheckInStep
from partners.domain.reviews.review import Action
from partners.domain.reviews.view import ReviewRef
from partners.mail.words import wording
from partners.store.cases import cases
from partners.store.policy import policies
from partners.store.responses import responses
from partners.store.reviews import reviews
from partners.store.tables.findings import from_json
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.response_tables import ResponseRow
from partners.store.tables.review_tables import ReviewRow


class RunningCheckIns(Protocol):
    """The way to the workflows of check-ins."""

    async def start(self, partner_id: str) -> None:
        """Start a partner's `CheckIn`, or have the one that runs look again."""


class ResponseActivities(Activities):
    """Takes the first step of a response, the check-in; a case takes the later ones."""

    def __init__(self, services: Services, running: RunningCheckIns) -> None:
        self._services = services
        self._database = services.database
        self._running = running

    # ---- start ----

    @activity.defn
    async def start_check_in(self, partner: PartnerRef) -> None:
        """Have a partner checked in on; what was started lives on by itself."""
        await self._running.start(partner.partner_id)

    @activity.defn
    async def start_check_ins(self, ref: ReviewRef) -> int:
        """Have everybody checked in on for whom the review came to that; returns how many.

        So are those whose check-in was taken but has not gone out, lest one is forgotten whose
        workflow was ended. Resumes after the last page that it told of.
        """
        details = activity.info().heartbeat_details
        after, started = (str(details[0]), int(details[1])) if len(details) == 2 else ("", 0)
        while ids := await asyncio.to_thread(self._page, ref.review_id, after):
            await side_by_side(ids, self._running.start)
            after, started = ids[-1], started + len(ids)
            # After the starts: said before, a crash in between would pass the whole page over.
            activity.heartbeat(after, started)
        await side_by_side(await asyncio.to_thread(self._forgotten), self._running.start)
        return started

    def _page(self, review_id: str, after: str) -> list[str]:
        with self._database.read() as session:
            refuse_if_stopped(session, session.get_one(ReviewRow, review_id))
            return reviews.to_act_on(session, review_id, Action.CHECK_IN, after, PAGE)

    def _forgotten(self) -> list[str]:
        with self._database.read() as session:
            return responses.with_untold(session)

    # ---- take the step ----

    @activity.defn
    def take_step(self, partner: PartnerRef) -> CheckInStep:
        """The check-in that has yet to go out; else judge the partner, and record one if it is due.

        Safe to repeat: a month is answered once for each criterion.
        """
        now = program_now(self._services.clock)
        found, failed = apart(partner.partner_id, lambda: self._take_step(partner, now))
        keep_aside(self._database, During.CHECK_IN, partner.partner_id, failed, now)
        return found or CheckInStep(reason=NotOpened.SET_ASIDE)

    def _take_step(self, partner: PartnerRef, now: datetime) -> CheckInStep:
        with self._database.write() as session:
            # Locked: no case is opened, and no other run records this check-in, until it is stored.
            row = known_partner(session, partner.partner_id)
            taken = responses.untold(session, row.partner_id)
            if not taken:
                reason, taken = _take(session, row, now)
                if not taken:
                    return CheckInStep(reason=reason)
            policy = policies.load(session, taken[0].policy_version)
            headline = wording.summary(_findings(taken), policy)
            return CheckInStep(taken[0].notice_key, headline, clock=self._services.clock)


def _take(session: Session, partner: PartnerRow, now: datetime) -> tuple[str, list[ResponseRow]]:
    """Record what is due; or why nothing is."""
    if cases.has_open_case(session, partner.partner_id):
        return "a case is open", []
    version, policy = policy_in_force(session, now)
    found = judge(session, partner, policy, now)
    if found.reason is not NotOpened.CHECK_IN:
        return found.reason or "a case is due", []
    assert found.assessment is not None
    assert found.answer is not None
    findings = [f for f in found.assessment.below if f.metric in found.answer.check_ins]
    _record_decision(session, partner, version, policy, found, now)
    return "", responses.record_check_ins(
        session,
        partner,
        findings,
        why={f.metric: _why(f, policy) for f in findings},
        month=found.month,
        day=calendar_of(policy).day_of(now),
        now=now,
        policy_version=version,
        actor=actor(),
    )


def _record_decision(
    session: Session,
    partner: PartnerRow,
    version: int,
    policy: Policy,
    found: Judgement,
    now: datetime,
) -> None:
    assert found.assessment is not None
    assert found.answer is not None
    labels = ", ".join(policy.metric(name).label for name in found.answer.check_ins)
    decided = cases.Decided(
        partner_id=partner.partner_id,
        case=None,
        at=now,
        step=Step.CHECK_IN,
        result=f"about: {labels}",
        as_of=found.month.last_day,
        policy_version=version,
        findings=found.assessment.findings,
        actor=actor(),
    )
    cases.record_decision(session, decided)


def _why(finding: Finding, policy: Policy) -> str:
    days = policy.response.repeat_within_days
    return f"{wording.summary([finding], policy)}; the first issue within {days} days"


def _findings(rows: list[ResponseRow]) -> list[Finding]:
    return [finding for row in rows for finding in from_json(row.findings)]
