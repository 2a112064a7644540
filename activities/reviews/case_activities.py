"""What a review does about cases: ask the guard, start new ones, tell the open ones."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.apart import keep_aside
from activities.cases import case_news
from activities.pages import PAGE, refuse_if_stopped, side_by_side
from activities.refusing import refusal, refusing
from activities.reviews.activities import RunningCases
from activities.reviews.named import NAMED
from activities.services import Activities, Services, program_now
from partners.domain.cases.case import Permission, guard_holds
from partners.domain.judging.aside import Aside, During
from partners.domain.reviews.review import Action, ReviewStatus
from partners.domain.reviews.view import GuardAnswer, GuardState, ReviewRef
from partners.errors import UserError
from partners.store.cases import cases, guard
from partners.store.judging.window_sums import Range
from partners.store.policy import policies
from partners.store.reviews import reviews
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.review_tables import ReviewRow


class ReviewCaseActivities(Activities):
    """Starts and tells cases through the client, so that they outlive the review."""

    def __init__(self, services: Services, running: RunningCases) -> None:
        self._services = services
        self._database = services.database
        self._running = running

    # ---- the guard (rule 13) ----

    @activity.defn
    def ask_guard(self, ref: ReviewRef) -> GuardState:
        """Whether the review may start its cases, or waits for a person's approval."""
        now = program_now(self._services.clock)
        with self._database.write() as session:
            row = session.get_one(ReviewRow, ref.review_id, with_for_update=True)
            asked = guard.find(session, ref.review_id)
            # Counted once: later looks, and a repeat, go by the request and by the answer to it.
            if asked is not None:
                state = asked.state
                detail = f"{asked.who}: {asked.reason}" if asked.who else asked.detail
                ids = asked.partner_ids
            else:
                cases.take_guards_turn(session)  # two reviews must not ask about the same partners
                ids = _startable(session, row)
                state, detail = _ask(session, row, ids, now)
            waits = state == Permission.WAITING
            row.status = ReviewStatus.WAITING if waits else ReviewStatus.RUNNING
            row.detail = detail if waits else None
            return GuardState(state, detail, len(ids), tuple(ids[:NAMED]))

    @activity.defn
    def answer_guard(self, answer: GuardAnswer) -> GuardState:
        """Record a person's word (rule 16)."""
        now = program_now(self._services.clock)
        with refusing(answer), self._database.write() as session:
            try:
                row = guard.decide(
                    session, answer.review_id, answer.approved, answer.who, answer.reason, now
                )
            except UserError as error:
                raise refusal(str(error)) from error
            ids = row.partner_ids
            return GuardState(row.state, f"{row.who}: {row.reason}", len(ids), tuple(ids[:NAMED]))

    # ---- new cases ----

    @activity.defn
    async def open_cases(self, ref: ReviewRef) -> int:
        """Start a case for each partner that the review found below; returns how many.

        Resumes after the last page that it told of; a case that runs already is left alone.
        """
        details = activity.info().heartbeat_details
        after, started = (str(details[0]), int(details[1])) if len(details) == 2 else ("", 0)
        while page := await asyncio.to_thread(self._page, ref.review_id, after):
            ids = [partner_id for partner_id, held in page if not held]
            await side_by_side(ids, self._running.start)
            after, started = page[-1][0], started + len(ids)
            # After the starts: said before, a crash in between would leave a page without cases.
            activity.heartbeat(after, started)
        return started

    def _page(self, review_id: str, after: str) -> list[tuple[str, bool]]:
        """The next partners to start a case for; True for those that another review asked about."""
        with self._database.read() as session:
            row = session.get_one(ReviewRow, review_id)
            refuse_if_stopped(session, row)
            ids = reviews.to_act_on(session, review_id, Action.CASE, after, PAGE)
            held = reviews.held_by_others(session, review_id, row.month, ids)
            return [(partner_id, partner_id in held) for partner_id in ids]

    # ---- open cases ----

    @activity.defn
    async def tell_cases(self, ref: ReviewRef) -> int:
        """Signal each open case for which something changed; returns how many.

        An open case that no workflow looks after, for it was terminated or a database restored,
        gets one, which goes on from the case's row. Page by page, and after a crash from the page
        that was not done.
        """
        now = program_now(self._services.clock)
        details = activity.info().heartbeat_details
        after, told = (str(details[0]), int(details[1])) if len(details) == 2 else ("", 0)
        running = await self._running.looked_after(lambda: activity.heartbeat(after, told))
        while page := await asyncio.to_thread(case_news.next_page, self._database, after, now):
            last = page.partner_ids[-1]
            await asyncio.to_thread(self._keep_aside, Range(after, last), page.aside, now)
            # The server's list lags behind: `start` leaves a case alone that runs and is not in it.
            left = [] if running is None else [i for i in page.partner_ids if i not in running]
            activity.heartbeat(after, told)
            await side_by_side(left, self._running.start)
            await side_by_side(page.with_news, self._running.tell)
            after, told = last, told + len({*left, *page.with_news})
            activity.heartbeat(after, told)
        await asyncio.to_thread(self._keep_aside, Range(after), [], now)
        return told

    def _keep_aside(self, ids: Range, found: list[Aside], now: datetime) -> None:
        """Note whose case could not be looked at; the others' are."""
        keep_aside(self._database, During.CASE, ids, found, now)


def _startable(session: Session, row: ReviewRow) -> list[str]:
    """Whom the review would start a case for, and who has none by now."""
    ids = reviews.to_act_on(session, row.review_id, Action.CASE)
    open_now = select(CaseRow.partner_id).where(CaseRow.closed_at.is_(None))
    spared = set(session.scalars(open_now))
    spared |= reviews.held_by_others(session, row.review_id, row.month, ids)
    return [partner_id for partner_id in ids if partner_id not in spared]


def _ask(session: Session, row: ReviewRow, ids: list[str], now: datetime) -> tuple[Permission, str]:
    """Whether so many at once are for a person to approve (rule 13); asks if they are."""
    policy = policies.load(session, row.policy_version)
    lately = set(cases.acted_lately(session, "", now))
    acted = len(lately | set(ids))
    enrolled = cases.enrolled(session)
    if not ids or not guard_holds(policy.guard, acted - 1, enrolled):
        return Permission.GO, ""
    detail = (
        f"{len(ids)} of {enrolled} partners would be warned; {len(lately - set(ids))} others were "
        f"warned or removed in the last {cases.GUARD_DAYS} days"
    )
    return guard.request(session, row.review_id, ids, detail, now), detail
