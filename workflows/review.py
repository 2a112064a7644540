"""ProgramReview: judge everybody for a period, and start what follows from it."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.exclusives.exclusive_watch_activities import ExclusiveWatchActivities
from activities.mail.staff_notice_activities import StaffNoticeActivities
from activities.referrals.watch_activities import ReferralWatchActivities
from activities.responses.activities import ResponseActivities
from activities.reviews.activities import ReviewActivities
from activities.reviews.case_activities import ReviewCaseActivities
from activities.reviews.promotion_activities import ReviewPromotionActivities
from partners.domain.cases.case import Permission
from partners.domain.ladder.view import PromotionRange
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.staff_notice import StaffNotice, StaffSent
from partners.domain.mail.view import Mailed
from partners.domain.overrides.override import why_unsigned
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.domain.reviews.view import (
    ClaimReview,
    FinishReview,
    GuardAnswer,
    GuardState,
    JudgeRange,
    Progress,
    ReviewRef,
    ReviewView,
)
from workflows.kit import mail_waits, options, steps
from workflows.kit.commands import SignedCommand
from workflows.kit.words import review_words

LOOK_AGAIN = timedelta(days=1)
"""A waiting review looks this often whether it was approved without its being told."""


@dataclass(frozen=True)
class ReviewInput:
    """What to review: `{"kind": "monthly"}`; the period follows from the time it was due."""

    kind: ReviewKind = ReviewKind.MONTHLY
    period: str | None = None


@dataclass(frozen=True)
class ReviewResult:
    """How it ended. Of a period that another run has, `status` and `claimed_by` are that one's."""

    review_id: str
    status: ReviewStatus
    detail: str = ""
    claimed_by: str = ""
    counts: dict[str, int] = field(default_factory=dict)


@workflow.defn
class ProgramReview:
    """One review of a period, once (rule 9). Cases that it starts live on by themselves.

    Updates: `approve`, `reject` (a person's word when the guard holds the review, rule 13).
    Signal: `guard_decided` (a person's word was recorded elsewhere: look at it).
    Query: `progress`.
    """

    def __init__(self) -> None:
        self._view: ReviewView | None = None
        self._guard = GuardState(Permission.NOT_ASKED)
        self._look = False
        self._to_tell = False  # the daily watch has yet to look after open cases
        self._counts: Counter[str] = Counter()
        self._progress = Progress()
        self._mails: dict[int, Mailed] = {}  # to staff, by number

    @workflow.run
    async def run(self, request: ReviewInput) -> ReviewResult:
        """Claim the period, judge everybody, promote, start or tell the cases it comes to."""
        view = await self._claim(request)
        if view.mine and view.status in (ReviewStatus.RUNNING, ReviewStatus.WAITING):
            await self._judge(view)
            if view.kind is ReviewKind.MONTHLY:
                await self._promote(view)
            self._to_tell = view.kind is ReviewKind.DAILY
            if self._to_tell and not workflow.patched("warn-first"):  # 2026-12: a day's runs
                await self._tell_cases(view)
            if view.kind is not ReviewKind.QUARTERLY:
                if view.checks_in:  # older histories say no, so nothing is added to them
                    await self._check_in(view)
                await self._start_cases(view)
            if self._to_tell:
                await self._tell_cases(view)
            view = await self._finish(view)
            if view.kind is ReviewKind.QUARTERLY and workflow.patched("audit-summary"):
                await self._summarise(view)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ReviewResult(view.review_id, view.status, view.detail, view.claimed_by, view.counts)

    # ---- the steps ----

    async def _claim(self, request: ReviewInput) -> ReviewView:
        """The period is that of the moment it was due at, however late it runs."""
        claim = ClaimReview(request.kind, request.period, steps.due_at())
        view: ReviewView = await self._step(
            ReviewActivities.claim_review, claim, f"claim the {request.kind} review"
        )
        self._view = view
        workflow.upsert_search_attributes([options.REVIEW_PERIOD.value_set(view.period)])
        self._show("judging" if view.mine else f"another run has it: {view.status}")
        return view

    async def _judge(self, view: ReviewView) -> None:
        """Everybody, in ranges side by side; each goes on from where it was after a crash."""
        name = f"judge everybody on months until {view.month}"
        judging = (
            self._pages(ReviewActivities.judge_range, JudgeRange(view.review_id, part), name)
            for part in view.ranges  # as the claim recorded them: a replay starts as many
        )
        for counts in await asyncio.gather(*judging):
            self._counts.update(counts)
        self._show("judged")

    async def _promote(self, view: ReviewView) -> None:
        """One step up for those who have earned it, or a candidate for staff to approve."""
        propose, name = ReviewPromotionActivities.propose_promotions, "look for promotions"
        looking = (
            self._pages(propose, PromotionRange(view.review_id, part.after, part.through), name)
            for part in view.ranges
        )
        for counts in await asyncio.gather(*looking):
            self._counts.update(counts)

    async def _tell_cases(self, view: ReviewView) -> None:
        """Tell open cases of new numbers, and wake partners who refer. New cases are started first;
        where that waits for a person, which may take days, this comes before it."""
        self._to_tell = False
        ref = ReviewRef(view.review_id)
        self._counts["signalled"] = await self._pages(
            ReviewCaseActivities.tell_cases, ref, "tell cases of new numbers"
        )
        if workflow.patched("wake-referrals"):
            wake = ReferralWatchActivities.wake_referrals
            self._counts["referrals"] = await self._pages(wake, ref, "look at partners who refer")
        if workflow.patched("wake-exclusives"):
            look = ExclusiveWatchActivities.wake_exclusives
            self._counts["exclusives"] = await self._pages(look, ref, "look at exclusives")

    async def _check_in(self, view: ReviewView) -> None:
        """A friendly word where the response begins so; the guard counts only warnings."""
        ref, start = ReviewRef(view.review_id), ResponseActivities.start_check_ins
        if number := await self._pages(start, ref, "start check-ins"):
            self._counts["checked_in"] = number

    async def _start_cases(self, view: ReviewView) -> None:
        """Start cases, unless so many at once are for a person to approve (rule 13)."""
        await self._ask_guard(view)
        if self._guard.state == Permission.WAITING:
            await self._wait_for_approval(view)
        if self._guard.state == Permission.REJECTED:
            self._counts["held"] = self._guard.partners
            return
        self._show("starting cases")
        self._counts["started"] = await self._pages(
            ReviewCaseActivities.open_cases, ReviewRef(view.review_id), "start cases"
        )

    async def _ask_guard(self, view: ReviewView) -> None:
        ref = ReviewRef(view.review_id)
        asked: GuardState = await self._step(ReviewCaseActivities.ask_guard, ref, "ask the guard")
        # What a person answered meanwhile is newer; older runs lost it, and waited for another day.
        answered = self._guard.state in (Permission.APPROVED, Permission.REJECTED)
        if not (answered and workflow.patched("guard-answer-stands")):
            self._guard = asked

    async def _wait_for_approval(self, view: ReviewView) -> None:
        """Wait, for as long as it takes, until a person approves or rejects."""
        told = await self._tell_staff(view)
        if self._to_tell:
            await self._tell_cases(view)
        while self._guard.state == Permission.WAITING:
            self._show(f"waiting for approval: {self._guard.detail}")
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    self._is_woken, timeout=LOOK_AGAIN, timeout_summary="a person must approve"
                )
            self._look = False  # before the question, so that a signal during it is not lost
            if self._guard.state == Permission.WAITING:
                await self._ask_guard(view)
                told = told or await self._tell_staff(view)

    def _is_woken(self) -> bool:
        return self._look or self._guard.state != Permission.WAITING

    async def _summarise(self, view: ReviewView) -> None:
        """What the audit found, to staff; while mail is stopped it is tried again each day."""
        what = "e-mail to staff: what the audit found"
        while (why := await self._send(view, NoticeKind.AUDIT, "summary", what)) is not None:
            self._show(f"done; the summary waits: {why}")
            await workflow.sleep(LOOK_AGAIN, summary=why)
        self._show("done")

    async def _tell_staff(self, view: ReviewView) -> bool:
        """The mail to staff that a review waits for them, with the list; sent once."""
        what = "e-mail to staff: the guard holds the review"
        return await self._send(view, NoticeKind.GUARD, "guard/1", what) is None

    async def _send(self, view: ReviewView, kind: NoticeKind, key: str, summary: str) -> str | None:
        """One mail to staff, once. Where it is to be tried again: what is waited for."""
        sent: StaffSent = await workflow.execute_activity_method(
            StaffNoticeActivities.send_staff_notice,
            StaffNotice(f"review/{view.review_id}/{key}", kind, review_id=view.review_id),
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=summary,
        )
        self._mails |= {mail.number: mail for mail in sent.mails}
        return mail_waits.WHY.get(sent.result)

    async def _finish(self, view: ReviewView) -> ReviewView:
        detail = ""
        if self._guard.state == Permission.REJECTED:
            detail = f"no case was started: rejected by {self._guard.detail}"
        request = FinishReview(view.review_id, dict(self._counts), detail)
        done: ReviewView = await self._step(
            ReviewActivities.finish_review, request, f"record the {view.kind} review"
        )
        self._counts, self._view = Counter(done.counts), done
        self._show("done")
        return done

    # ---- activities, and what is shown ----

    _step, _pages = staticmethod(steps.step), staticmethod(steps.pages)

    def _show(self, step: str) -> None:
        """Say where the review is: to the query, and in the workflow's current details."""
        assert self._view is not None
        view, counts = self._view, dict(self._counts)
        waits = self._guard.state == Permission.WAITING
        self._progress = Progress(step, view.review_id, counts, waits)
        details = review_words.details(view, step, counts, self._guard, self._mails)
        workflow.set_current_details(details)

    # ---- updates, signal, query ----

    @workflow.update(description="Let the review start the cases that the guard holds.")
    async def approve(self, command: SignedCommand) -> str:
        return await self._answer(command, approved=True)

    @approve.validator
    def _check_approve(self, command: SignedCommand) -> None:
        self._check(command)

    @workflow.update(description="End the review without starting the cases that the guard holds.")
    async def reject(self, command: SignedCommand) -> str:
        return await self._answer(command, approved=False)

    @reject.validator
    def _check_reject(self, command: SignedCommand) -> None:
        self._check(command)

    def _check(self, command: SignedCommand) -> None:
        """Refuse before a trace is left."""
        if why := why_unsigned(command.who, command.reason):
            raise ApplicationError(f"refused: {why}")
        if self._guard.state != Permission.WAITING:
            raise ApplicationError("refused: the review does not wait for approval")

    async def _answer(self, command: SignedCommand, approved: bool) -> str:
        """Record a person's word; the run goes on from it."""
        assert self._view is not None
        answer = GuardAnswer(self._view.review_id, approved, command.who, command.reason)
        by = f"{'approved' if approved else 'rejected'} by {command.who}"
        try:
            state: GuardState = await self._step(ReviewCaseActivities.answer_guard, answer, by)
        except ActivityError as error:
            self._look = True  # it may have been answered elsewhere: the run asks again
            said = getattr(error.cause, "message", str(error.cause))  # without its type
            raise ApplicationError(said, type="Refused", non_retryable=True) from error
        self._guard = state
        return f"{self._view.review_id} is {state.state}: {state.partners} partners"

    @workflow.signal(description="A person's word on the guard's question was recorded: look.")
    def guard_decided(self) -> None:
        self._look = True

    @workflow.query(name="progress", description="Where the review is, and its counts so far.")
    def show_progress(self) -> Progress:
        return self._progress
