"""What a review does about cases: ask the guard, start new ones, tell the open ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import date, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.gathering import CaseFile
from activities.refusing import refusal, refusing
from activities.reviews import RunningCases
from activities.services import Services, program_now
from partners.domain.assessment import Finding
from partners.domain.case import CaseStatus, guard_holds
from partners.domain.review import Action, ReviewStatus
from partners.domain.review_view import GuardAnswer, GuardState, ReviewRef
from partners.errors import UserError
from partners.store import cases, guard, policies, reviews
from partners.store.case_tables import CaseRow
from partners.store.database import Database
from partners.store.review_tables import ReviewRow

AT_ONCE = 10
"""Starts and signals under way at a time: more gain nothing on one server."""
PAGE = 200


class ReviewCaseActivities:
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
            if asked is not None:
                state = asked.state
                detail = f"{asked.who}: {asked.reason}" if asked.who else asked.detail
                partners = len(asked.partner_ids)
            else:
                cases.take_guards_turn(session)  # two reviews must not ask about the same partners
                ids = _startable(session, row)
                state, detail = _ask(session, row, ids, now)
                partners = len(ids)
            waits = state == "waiting"
            row.status = ReviewStatus.WAITING if waits else ReviewStatus.RUNNING
            row.detail = detail if waits else None
            return GuardState(state, detail, partners)

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
            return GuardState(row.state, f"{row.who}: {row.reason}", len(row.partner_ids))

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
            activity.heartbeat(after, started)
        return started

    def _page(self, review_id: str, after: str) -> list[tuple[str, bool]]:
        """The next partners to start a case for; True for those that another review asked about."""
        with self._database.read() as session:
            row = session.get_one(ReviewRow, review_id)
            refuse_if_stopped(session, row)
            held = reviews.held_by_others(session, review_id, row.month)
            ids = reviews.to_act_on(session, review_id, Action.CASE, after, PAGE)
            return [(partner_id, partner_id in held) for partner_id in ids]

    # ---- open cases ----

    @activity.defn
    async def tell_cases(self, ref: ReviewRef) -> int:
        """Signal each open case for which something changed; returns how many.

        An open case that no workflow looks after, for it was terminated or a database restored,
        gets one, which goes on from the case's row.
        """
        now = program_now(self._services.clock)
        running = await self._running.looked_after()
        open_now = await asyncio.to_thread(_open_cases, self._database)
        left = set() if running is None else open_now - running
        for page in _pages(sorted(left)):
            await side_by_side(page, self._running.start)
            activity.heartbeat(len(page))
        ids = await asyncio.to_thread(with_news, self._database, now)
        for page in _pages(ids):
            await side_by_side(page, self._running.tell)
            activity.heartbeat(len(page))
        return len(left.union(ids))


def _pages(ids: list[str]) -> Iterator[list[str]]:
    return (ids[at : at + PAGE] for at in range(0, len(ids), PAGE))


def _open_cases(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(CaseRow.partner_id).where(CaseRow.closed_at.is_(None))))


def refuse_if_stopped(session: Session, row: ReviewRow) -> None:
    """Raises, to be tried again, while a person has stopped this review (rule 14)."""
    if (switch := reviews.stopped(session, row)) is not None:
        raise ApplicationError(f"stopped by {switch.who}: {switch.reason}", type="Stopped")


async def side_by_side(
    partner_ids: Iterable[str], work: Callable[[str], Awaitable[object]]
) -> list[object]:
    """Do something for each partner, so many at a time; the results in the same order."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(partner_id: str) -> object:
        async with turns:
            return await work(partner_id)

    return await asyncio.gather(*(one(partner_id) for partner_id in partner_ids))


def _startable(session: Session, row: ReviewRow) -> list[str]:
    """Whom the review would start a case for, and who has none by now."""
    ids = reviews.to_act_on(session, row.review_id, Action.CASE)
    open_now = select(CaseRow.partner_id).where(CaseRow.closed_at.is_(None))
    spared = set(session.scalars(open_now))
    spared |= reviews.held_by_others(session, row.review_id, row.month)
    return [partner_id for partner_id in ids if partner_id not in spared]


def _ask(session: Session, row: ReviewRow, ids: list[str], now: datetime) -> tuple[str, str]:
    """Whether so many at once are for a person to approve (rule 13); asks if they are."""
    policy = policies.load(session, row.policy_version)
    lately = set(cases.acted_lately(session, "", now))
    acted = len(lately | set(ids))
    enrolled = cases.enrolled(session)
    if not ids or not guard_holds(policy.guard, acted - 1, enrolled):
        return "go", ""
    detail = (
        f"{len(ids)} of {enrolled} partners would be warned; {len(lately - set(ids))} others were "
        f"warned or removed in the last {cases.GUARD_DAYS} days"
    )
    return guard.request(session, row.review_id, ids, detail, now), detail


def with_news(database: Database, now: datetime) -> list[str]:
    """Partners whose open case has something to look at.

    An import touched them, they wait for the feed, or the verdict on a warned criterion is no
    longer what the case last saw: days pass, and the window moves on.
    """
    with database.read() as session:
        row = CaseRow
        waits_for_feed = and_(row.status == CaseStatus.IN_GRACE, row.deadline < now.date())
        open_cases = select(row.partner_id).where(row.closed_at.is_(None))
        told = set(session.scalars(open_cases.where(or_(row.untold, waits_for_feed))))
        quiet = select(row.case_id, row.partner_id).where(
            row.closed_at.is_(None),
            row.status.in_((CaseStatus.IN_GRACE, CaseStatus.ON_HOLD)),
            row.warned_at.is_not(None),
        )
        others = [(case, who) for case, who in session.execute(quiet) if who not in told]
    for case_id, partner_id in others:
        with database.read() as session:  # one at a time, for a case is locked while it is read
            if _has_changed(CaseFile.of(session, case_id, now)):
                told.add(partner_id)
    return sorted(told)


def _has_changed(file: CaseFile) -> bool:
    """Whether the warned criteria would now be found otherwise than the case last saw."""
    as_of: date | None = file.cure_day()
    if as_of is None:
        return False
    seen = _verdicts(f for f in file.newest_findings if f.metric in {c.metric for c in file.warned})
    return _verdicts(file.assess_cure(as_of).findings) != seen


def _verdicts(findings: Iterable[Finding]) -> dict[str, str]:
    return {f.metric: f.verdict for f in findings}
