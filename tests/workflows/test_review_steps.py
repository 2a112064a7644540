"""What a review does, in which order, and for what it waits: the workflow's code, no server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ActivityError, ApplicationError

from partners.domain.cases.view import Sending
from partners.domain.mail.staff_notice import StaffSent
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.domain.reviews.view import (
    FinishReview,
    GuardAnswer,
    GuardState,
    PartnerRange,
    ReviewView,
)
from tests.unserved import START, Unserved
from workflows.kit import options
from workflows.kit.commands import SignedCommand
from workflows.review import ProgramReview, ReviewInput, ReviewResult

DAY = timedelta(days=1)
VIEW = ReviewView(
    *("monthly/2035-02", ReviewKind.MONTHLY, "2035-02", "2035-02"),
    *(ReviewStatus.RUNNING, "", "review/a", True),
    ranges=(PartnerRange("", "m"), PartnerRange("m", None)),
)
GO = GuardState("go")
WAITING = GuardState("waiting", "26 of 26 partners would be warned", 26)
APPROVED = GuardState("approved", "Ann", 26)
REJECTED = GuardState("rejected", "Ann", 26)
ORDER = SignedCommand("Ann", "checked")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Unserved:
    server = Unserved(monkeypatch)
    server.answers = {
        "claim_review": [VIEW],
        "judge_range": [{"judged": 13}],
        "propose_promotions": [{"candidates": 1}],
        "start_check_ins": [0],
        "ask_guard": [GO],
        "open_cases": [2],
        "tell_cases": [3],
        "wake_referrals": [4],
        "wake_exclusives": [5],
        "finish_review": [replace(VIEW, status=ReviewStatus.DONE)],
        "send_staff_notice": [StaffSent(Sending.SENT)],
    }
    return server


async def run(server: Unserved, view: ReviewView = VIEW) -> ReviewResult:
    server.answers |= {
        "claim_review": [view],
        "finish_review": [replace(view, status=ReviewStatus.DONE)],
    }
    return await ProgramReview().run(ReviewInput(view.kind))


def finished(server: Unserved) -> FinishReview:
    (request,) = [request for name, request in server.asked if name == "finish_review"]
    assert isinstance(request, FinishReview)
    return request


OF_KIND = {
    ReviewKind.MONTHLY: [*("propose_promotions",) * 2, "ask_guard", "open_cases", "finish_review"],
    ReviewKind.DAILY: [
        *("ask_guard", "open_cases", "tell_cases", "wake_referrals", "wake_exclusives"),
        "finish_review",
    ],
    ReviewKind.QUARTERLY: ["finish_review", "send_staff_notice"],
}


@pytest.mark.parametrize("kind", ReviewKind)
async def test_what_each_kind_of_review_does(server: Unserved, kind: ReviewKind) -> None:
    await run(server, replace(VIEW, kind=kind))

    assert server.names() == ["claim_review", "judge_range", "judge_range", *OF_KIND[kind]]
    assert finished(server).counts["judged"] == 26


@pytest.mark.parametrize(
    "view",
    [
        replace(VIEW, mine=False),
        replace(VIEW, mine=False, status=ReviewStatus.WAITING),
        replace(VIEW, status=ReviewStatus.DONE),
        replace(VIEW, status=ReviewStatus.REFUSED),
    ],
    ids=lambda view: f"{view.status}, mine: {view.mine}",
)
async def test_rule_09_what_another_run_has_or_what_is_over_is_left_alone(
    server: Unserved, view: ReviewView
) -> None:
    result = await run(server, view)

    assert server.names() == ["claim_review"]
    assert result.status is view.status


async def test_a_run_that_leaves_a_review_to_another_says_so(server: Unserved) -> None:
    review = ProgramReview()
    server.answers["claim_review"] = [replace(VIEW, mine=False, status=ReviewStatus.WAITING)]
    await review.run(ReviewInput())
    assert review.show_progress().step == "another run has it: waiting"


async def test_a_run_says_how_far_it_is(server: Unserved) -> None:
    review, shown = ProgramReview(), []
    ask = server.execute_activity_method

    async def asked(*arguments: object, **options: object) -> object:
        shown.append(review.show_progress().step)
        return await ask(*arguments, **options)  # type: ignore[arg-type]

    server.install("execute_activity_method", asked)
    await review.run(ReviewInput())

    assert shown[:2] == ["claiming the period", "judging"]
    assert shown[-2:] == ["starting cases"] * 2
    assert review.show_progress().step == "done"


@pytest.mark.parametrize("scheduled", [START - 30 * DAY, None], ids=["late", "by hand"])
async def test_a_review_is_of_the_period_for_which_it_was_due(
    server: Unserved, scheduled: datetime | None
) -> None:
    server.run.typed_search_attributes = {options.SCHEDULED_AT: scheduled}
    await run(server)

    assert server.asked[0][1].due_at == (scheduled or START)


async def test_a_review_that_waited_when_its_worker_died_goes_on(server: Unserved) -> None:
    await run(server, replace(VIEW, status=ReviewStatus.WAITING))
    assert "open_cases" in server.names()


@pytest.mark.parametrize("number", [0, 2])
async def test_check_ins_come_before_the_guard_is_asked(server: Unserved, number: int) -> None:
    server.answers["start_check_ins"] = [number]
    await run(server, replace(VIEW, checks_in=True))

    assert server.names().index("start_check_ins") < server.names().index("ask_guard")
    assert finished(server).counts.get("checked_in") == (number or None)


@pytest.mark.parametrize("kind", [ReviewKind.MONTHLY, ReviewKind.DAILY])
async def test_rule_13_a_review_waits_for_days_and_starts_its_cases_once_approved(
    server: Unserved, kind: ReviewKind
) -> None:
    """Open cases, and who refers, do not wait for it; staff are told once."""
    server.answers["ask_guard"] = [WAITING, WAITING, APPROVED]
    await run(server, replace(VIEW, kind=kind))

    assert server.waits == [(DAY, "a person must approve")] * 2
    told = ["tell_cases", "wake_referrals", "wake_exclusives"]
    meanwhile = told if kind is ReviewKind.DAILY else []
    steps = server.names()[server.names().index("ask_guard") :]
    assert steps == [
        *("ask_guard", "send_staff_notice", *meanwhile, "ask_guard", "ask_guard"),
        *("open_cases", "finish_review"),
    ]
    assert finished(server).detail == ""


@pytest.mark.parametrize("asked_again", [False, True])
async def test_rule_13_a_rejected_review_starts_nothing_and_says_who_rejected_it(
    server: Unserved, asked_again: bool
) -> None:
    server.answers["ask_guard"] = [WAITING, REJECTED] if asked_again else [REJECTED]
    await run(server)

    assert "open_cases" not in server.names()
    assert finished(server).counts["held"] == 26
    assert finished(server).detail == "no case was started: rejected by Ann"


async def test_rule_14_staff_hear_of_the_hold_once_mail_goes_again(server: Unserved) -> None:
    server.answers["ask_guard"] = [WAITING] * 4 + [APPROVED]
    server.answers["send_staff_notice"] = [StaffSent(Sending.STOPPED), StaffSent(Sending.SENT)]
    await run(server)

    assert server.names().count("send_staff_notice") == 2


async def test_rule_14_the_summary_of_an_audit_waits_until_mail_goes_again(
    server: Unserved,
) -> None:
    server.answers["send_staff_notice"] = [StaffSent(Sending.STOPPED), StaffSent(Sending.SENT)]
    await run(server, replace(VIEW, kind=ReviewKind.QUARTERLY))

    assert [wait for wait, _ in server.waits] == [DAY]
    assert server.names()[-2:] == ["send_staff_notice"] * 2


# ---- a person's word ----


@pytest.mark.parametrize("word", [APPROVED, REJECTED], ids=["approved", "rejected"])
async def test_a_word_that_comes_while_the_guard_is_asked_stands(
    server: Unserved, word: GuardState
) -> None:
    """What the guard said before it must not make the review wait for another day."""
    server.answers |= {"ask_guard": [WAITING], "answer_guard": [word]}
    review, ask = ProgramReview(), server.execute_activity_method

    async def asked(activity: Any, *arguments: Any, **options: Any) -> object:
        answer = await ask(activity, *arguments, **options)
        if server.names().count("ask_guard") == 2 and "answer_guard" not in server.names():
            await (review.approve if word is APPROVED else review.reject)(ORDER)
        return answer

    server.install("execute_activity_method", asked)
    await review.run(ReviewInput())

    assert server.waits == [(DAY, "a person must approve")]
    assert ("open_cases" in server.names()) is (word is APPROVED)


async def test_a_person_approves_while_the_review_waits(server: Unserved) -> None:
    review = ProgramReview()
    server.answers |= {"ask_guard": [WAITING], "answer_guard": [APPROVED]}
    answers: list[str] = []

    async def approve(*_: object) -> None:
        review._check_approve(ORDER)
        answers.append(await review.approve(ORDER))

    server.sleep = approve  # type: ignore[method-assign]
    await review.run(ReviewInput())

    assert answers == ["monthly/2035-02 is approved: 26 partners"]
    assert ("answer_guard", GuardAnswer("monthly/2035-02", True, "Ann", "checked")) in server.asked
    assert server.names()[-2:] == ["open_cases", "finish_review"]


@pytest.mark.parametrize("state", [None, GO, APPROVED, REJECTED])
async def test_a_review_that_does_not_wait_refuses_an_answer(
    server: Unserved, state: GuardState | None
) -> None:
    review = ProgramReview()
    review._guard = state or review._guard
    for check in (review._check_approve, review._check_reject):
        with pytest.raises(ApplicationError, match="does not wait for approval"):
            check(ORDER)


async def test_an_answer_without_a_name_is_refused(server: Unserved) -> None:
    review = ProgramReview()
    review._guard = WAITING
    with pytest.raises(ApplicationError, match="refused"):
        review._check_approve(SignedCommand(" ", "why"))
    review._check_approve(ORDER)


async def test_an_answer_that_came_second_is_refused_and_has_the_review_look(
    server: Unserved,
) -> None:
    review = ProgramReview()
    review._view, review._guard = VIEW, WAITING
    failed = ActivityError(
        "failed", scheduled_event_id=1, started_event_id=2, identity="", activity_type="",
        activity_id="", retry_state=None,
    )  # fmt: skip
    failed.__cause__ = ApplicationError("it was approved by Bo")
    server.answers["answer_guard"] = [failed]
    assert not review._is_woken()

    with pytest.raises(ApplicationError, match="it was approved by Bo"):
        await review.reject(ORDER)

    assert review._is_woken()
