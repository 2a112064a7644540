"""The activities of a review: claim the period, judge everybody, finish. Safe to repeat."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from sqlalchemy.orm import Session
from temporalio import activity

from activities.refusing import policy_in_force, refusal
from activities.reviews.named import whom_it_named
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.judging.aside import During
from partners.domain.judging.coverage import Coverage
from partners.domain.policy.policy import Policy, TierKind
from partners.domain.reviews.review import (
    Action,
    PeriodError,
    ReviewKind,
    ReviewStatus,
    is_stale,
    parse_period,
    period_on,
)
from partners.domain.reviews.view import (
    ClaimReview,
    FinishReview,
    JudgeRange,
    PartnerRange,
    ReviewRef,
    ReviewView,
)
from partners.domain.time.calendar import Month
from partners.store.cases import cases
from partners.store.judging import aside, facts, window_sums
from partners.store.judging.judging import Judge, JudgedPage
from partners.store.judging.window_sums import Range
from partners.store.policy import policies
from partners.store.responses import responses
from partners.store.reviews import reviews
from partners.store.tables.review_tables import ReviewRow

MOST_RANGES = 4
"""How many activities share a review's partners on PostgreSQL; SQLite has one writer."""
RANGE_SIZE = 10_000
"""Fewer partners than this are not shared out."""
AUDITED = frozenset({TierKind.PREFERRED, TierKind.STRATEGIC})


class RunningCases(Protocol):
    """The way to the workflows of cases, and to those of other reviews."""

    async def start(self, partner_id: str) -> None:
        """Start a partner's case, or leave the one that runs alone."""

    async def tell(self, partner_id: str) -> bool:
        """Say that the numbers changed; False if no workflow runs."""

    async def is_running(self, workflow_id: str) -> bool: ...

    async def looked_after(self, beat: Callable[[], None]) -> set[str] | None:
        """Partners for whose case a workflow runs; None where the server keeps no list of them.

        `beat` is called now and then, for the list may be long.
        """


class ReviewActivities(Activities):
    """What a review does to the database."""

    def __init__(self, services: Services, running: RunningCases) -> None:
        self._services = services
        self._running = running
        self._database = services.database

    # ---- claim ----

    @activity.defn
    async def claim_review(self, request: ClaimReview) -> ReviewView:
        """Claim the period (rule 9), or find whose it is; refuse it if the feed is stale (rule 3).

        A review whose run has ended without finishing is taken over: all that it stored counts.
        """
        view = await asyncio.to_thread(self._claim, request)
        if view.mine or view.status in (ReviewStatus.DONE, ReviewStatus.REFUSED):
            return view
        if await self._running.is_running(view.claimed_by):
            return view
        return await asyncio.to_thread(self._take_over, view.review_id)

    def _claim(self, request: ClaimReview) -> ReviewView:
        now = program_now(self._services.clock)
        me = _me()
        with self._database.write() as session:
            version, policy = policy_in_force(session, now)
            calendar = calendar_of(policy)
            due_on = calendar.day_of(self._services.clock.program_time(request.due_at))
            today = calendar.day_of(now)
            settling = policy.feed.settling_days
            try:
                period = (
                    parse_period(request.kind, request.period, today, settling)
                    if request.period
                    else period_on(request.kind, due_on, settling)
                )
            except PeriodError as error:
                raise refusal(str(error)) from error
            row, new = reviews.claim(
                session, period, as_of=today, policy_version=version, by=me, now=now
            )
            if new and (why := _why_refused(session, row, policy, facts.coverage(session))):
                reviews.close(row, ReviewStatus.REFUSED, why, now)
            # Also of a repeat whose first answer was lost: it goes on with its own claim.
            mine = row.claimed_by == me and row.status != ReviewStatus.DONE
            return self._view(session, row, mine)

    def _take_over(self, review_id: str) -> ReviewView:
        with self._database.write() as session:
            row = _known(session, review_id)
            row.claimed_by = _me()
            return self._view(session, row, mine=True)

    def _view(self, session: Session, row: ReviewRow, mine: bool) -> ReviewView:
        status = row.status
        most = 1 if self._database.is_sqlite else MOST_RANGES
        split = window_sums.ranges(session, most, RANGE_SIZE) if mine else []
        return ReviewView(
            review_id=row.review_id,
            kind=row.kind,
            period=row.period,
            month=str(Month.from_number(row.month)),
            status=status,
            detail=row.detail or "",
            claimed_by=row.claimed_by,
            mine=mine,
            counts=dict(row.counts),
            ranges=tuple(PartnerRange(r.after, r.through) for r in split),
            checks_in=mine and _checks_in(session, row),
        )

    # ---- judge ----

    @activity.defn
    def judge_range(self, request: JudgeRange) -> dict[str, int]:
        """Judge the partners of a range, a page in each transaction; returns counts.

        Heartbeats where it is and what it has counted, and goes on from there after a crash. A
        page that was stored just before is judged again and changes nothing. A page is judged on
        one state of the database: an import that ends meanwhile counts in whole or not at all.
        """
        with self._database.read() as session:
            row = _known(session, request.review_id)
            judge = _judge(session, row)
            kind = row.kind
            after, counts = _resume(session, request, kind)
        while True:
            ids = Range(after, request.partners.through)
            # Judged before the turn to write is taken: on SQLite all others who write wait for it.
            with self._database.snapshot() as session:
                page = judge.next_page(session, ids)
            if page is None:
                return dict(counts)
            with self._database.write() as session:
                _record(session, request.review_id, kind, page)
                now = program_now(self._services.clock)
                seen = Range(after, page.last_id)
                aside.note(session, During.STANDARDS, seen, page.aside, now)
            after = page.last_id
            _count(counts, page)
            # After the commit: the daily watch resumes by it, past pages that must be stored.
            activity.heartbeat(after, dict(counts))

    # ---- finish ----

    @activity.defn
    def finish_review(self, request: FinishReview) -> ReviewView:
        """Store the counts; the review is done."""
        now = program_now(self._services.clock)
        with self._database.write() as session:
            row = _known(session, request.review_id)
            if row.status != ReviewStatus.DONE:
                row.counts = _counts(session, row, request.counts)
                reviews.close(row, ReviewStatus.DONE, request.detail, now)
            return replace(self._view(session, row, mine=False), **whom_it_named(session, row))

    @activity.defn
    def look_at_review(self, request: ReviewRef) -> ReviewView:
        """The review as it stands."""
        with self._database.read() as session:
            return self._view(session, _known(session, request.review_id), mine=False)


def _me() -> str:
    """The workflow that runs this activity."""
    me = activity.info().workflow_id
    assert me is not None
    return me


def _known(session: Session, review_id: str) -> ReviewRow:
    row = session.get(ReviewRow, review_id)
    if row is None:
        raise refusal(f"there is no review {review_id}")
    return row


def _checks_in(session: Session, row: ReviewRow) -> bool:
    """Whether the policy answers anything with a check-in first, or one has yet to go out."""
    tiers = policies.load(session, row.policy_version).tiers
    return any(tier.keep_responds for tier in tiers) or bool(responses.with_untold(session))


def _why_refused(
    session: Session, row: ReviewRow, policy: Policy, coverage: Coverage
) -> str | None:
    """Why nobody is judged: the feed is too old, or a person has stopped reviews."""
    if (switch := reviews.stopped(session, row)) is not None:
        return f"reviews are stopped by {switch.who}: {switch.reason}"
    criteria = [c for tier in policy.tiers for c in tier.keep_standards.values()]
    age = coverage.age_days(row.as_of)
    if not policy.needs_feed(criteria) or not is_stale(age, policy.feed.max_age_days):
        return None
    newest = coverage.newest_day_until(row.as_of)
    return (
        f"the order feed is stale: its last covered day is {newest}, at most "
        f"{policy.feed.max_age_days} days old is allowed; nobody was judged"
        if newest
        else f"the order feed covers no day before {row.as_of}; nobody was judged"
    )


def _judge(session: Session, row: ReviewRow) -> Judge:
    """The rules of a review: of the policy, month and day that its claim recorded."""
    policy = policies.load(session, row.policy_version)
    kinds = AUDITED if row.kind == ReviewKind.QUARTERLY else frozenset(TierKind)
    return Judge.of(session, policy, Month.from_number(row.month), row.as_of, kinds)


def _resume(session: Session, request: JudgeRange, kind: ReviewKind) -> tuple[str, Counter[str]]:
    """Where an attempt that died was, and what it had counted.

    What is stored says it exactly; the daily watch, which stores little, goes by the heartbeat.
    """
    if kind is not ReviewKind.DAILY:
        ids = Range(request.partners.after, request.partners.through)
        return reviews.newest_judged(session, request.review_id, ids), Counter()
    details = activity.info().heartbeat_details
    if len(details) == 2:
        return str(details[0]), Counter(details[1])
    return request.partners.after, Counter()


def _counts(session: Session, row: ReviewRow, counted: dict[str, int]) -> dict[str, int]:
    """What the run counted; who was judged, and how, from what is stored."""
    if row.kind == ReviewKind.DAILY:
        return counted
    stored = reviews.counted(session, row.review_id)
    moved = reviews.promotions_counted(session, row.review_id)
    moved = {name: number for name, number in moved.items() if name in counted}
    left = aside.count(session, During.STANDARDS)
    exempt = max(0, cases.enrolled(session) - stored["judged"] - left)
    return {**counted, **moved, **stored, "exempt": exempt, **({"set_aside": left} if left else {})}


def _record(session: Session, review_id: str, kind: ReviewKind, page: JudgedPage) -> None:
    """Store a page. The daily watch keeps only what it acts on; an audit acts on nothing."""
    audit = kind is ReviewKind.QUARTERLY
    reviews.record(
        session,
        review_id,
        (
            (j.partner_id, j.tier, j.assessment, Action.NONE if audit else j.action)
            for j in page.judged
            if kind is not ReviewKind.DAILY or j.action is not Action.NONE
        ),
    )


def _count(counts: Counter[str], page: JudgedPage) -> None:
    counts["judged"] += len(page.judged)
    counts["exempt"] += page.exempt
    if page.aside:
        counts["set_aside"] += len(page.aside)
    for judged in page.judged:
        counts[judged.assessment.verdict.value] += 1
