"""What a manager reads in the Temporal UI of a case, a review, and a partner's referrals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from partners.domain.cases.case import CaseStatus, HoldReason, Outcome
from partners.domain.cases.view import CaseView, FindingLine, SendNotice
from partners.domain.mail.notices import NoticeKind
from partners.domain.referrals.qualification import Stage
from partners.domain.referrals.view import ReferralEvent, ReferralNews, ReferralView
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.domain.reviews.view import ReviewView
from partners.domain.time.clock import ProgramClock
from workflows.kit import timeline
from workflows.kit.words import referral_words

START = datetime(2035, 3, 5, 12, tzinfo=UTC)
A_DAY_A_SECOND = ProgramClock(1.0, START, START)
OPENED = CaseView("acme-2035-02", "acme", 1, CaseStatus.OPENED, "preferred", 1)
IN_GRACE = replace(
    OPENED,
    status=CaseStatus.IN_GRACE,
    deadline=date(2035, 4, 19),
    decision_day=date(2035, 4, 23),
    findings=(FindingLine("Orders", "6", "10", "below"),),
)
ON_HOLD = replace(OPENED, status=CaseStatus.ON_HOLD, hold_reason=HoldReason.UNDELIVERABLE)
COLLECTING = ReferralView("acme", Stage.COLLECTING, count=1, needed=5)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("e" * 200, "e" * 200),
        ("e" * 201, "e" * 197 + "…"),
        ("é" * 100, "é" * 100),
        ("é" * 101, "é" * 98 + "…"),
        ("half \ud800", "half ?"),
    ],
    ids=["fits", "one too many", "fits in bytes", "too many bytes", "half a character"],
)
def test_a_summary_is_cut_to_what_the_server_takes(text: str, shown: str) -> None:
    assert timeline.shorten(text) == shown
    assert len(timeline.shorten(text).encode()) <= timeline.SUMMARY_BYTES


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (NoticeKind.REMINDER, "e-mail: reminder, 14 days before the deadline"),
        (
            NoticeKind.ON_HOLD,
            "e-mail to staff: on hold (undeliverable warning), a person is needed",
        ),
        (NoticeKind.RELAPSE, "e-mail to staff: below again soon after the last case"),
        (NoticeKind.WARNING, "e-mail: warning: 6 orders a month"),
        (NoticeKind.REMOVAL, "e-mail: removal"),
    ],
)
def test_each_message_is_named_in_the_timeline(kind: NoticeKind, words: str) -> None:
    case = replace(ON_HOLD, headline="6 orders a month")
    assert timeline.send_summary(case, SendNotice(case.case_id, kind, 14)) == words


@pytest.mark.parametrize(
    ("case", "state"),
    [
        (OPENED, "Below standards; the warning is on its way"),
        (IN_GRACE, "In grace until 2035-04-19; decision on 2035-04-23"),
        (
            replace(IN_GRACE, recovery_until=START),
            "Recovering: reinstated on 2035-03-05 if the numbers hold; "
            "grace period until 2035-04-19",
        ),
        (ON_HOLD, "On hold: undeliverable warning"),
        (replace(ON_HOLD, hold_detail="no address"), "On hold: undeliverable warning (no address)"),
        (replace(ON_HOLD, hold_reason=None), "On hold: a person is needed"),
        (replace(IN_GRACE, status=CaseStatus.DECIDING), "Being decided"),
        (replace(IN_GRACE, status=CaseStatus.DECIDING, recovery_until=START), "Being decided"),
        (
            replace(IN_GRACE, status=CaseStatus.DECIDED, outcome=Outcome.REINSTATED),
            "Outcome: reinstated",
        ),
    ],
)
def test_where_a_case_stands_is_one_sentence(case: CaseView, state: str) -> None:
    assert timeline.state_of(case) == state


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (IN_GRACE, ""),
        (
            ON_HOLD,
            "Next: correct the address, then have a new warning sent: `resume acme`",
        ),
        (replace(ON_HOLD, hold_reason=None), "Next: a person looks, then: `resume acme`"),
        (replace(ON_HOLD, hold_reason=HoldReason.PAUSED, resume_at=START), ""),
        (
            replace(ON_HOLD, hold_reason=HoldReason.APPEAL),
            "Next: look into it, then answer: `uphold acme` or `overturn acme`",
        ),
    ],
)
def test_what_a_person_is_to_do_is_a_command(case: CaseView, words: str) -> None:
    assert timeline.next_step(case) == words


def test_the_details_of_a_case_say_what_was_measured_and_a_demo_that_it_is_one() -> None:
    shown = timeline.details(IN_GRACE)

    assert "\n\n\n" not in shown  # nothing is to be done, and no room is left for it
    assert "6" in shown
    assert "✗" in shown
    assert "DEMO" not in shown
    assert "a day lasts a second" in timeline.details(replace(IN_GRACE, clock=A_DAY_A_SECOND))


def test_the_details_of_a_review_have_a_table_once_something_is_counted() -> None:
    view = ReviewView(
        *("monthly/2035-02", ReviewKind.MONTHLY, "2035-02", "2035-02"),
        *(ReviewStatus.RUNNING, "", "review/a", True),
    )
    assert "| judged | 26 |" in timeline.review_details(view, "judged", {"judged": 26})
    assert "|" not in timeline.review_details(view, "judging", {})


# ---- referrals ----

EVENT = ReferralEvent("r-1", "converted", "20.00 USD", date(2035, 3, 4))


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (ReferralNews(), "look at the referrals"),
        (ReferralNews((EVENT,)), "referral r-1: converted, 20.00 USD on 2035-03-04"),
        (
            ReferralNews((EVENT,), more=40),
            "referral r-1: converted, 20.00 USD on 2035-03-04; and 40 more",
        ),
        (ReferralNews(more=40), "40 referrals changed"),
    ],
)
def test_what_was_heard_of_referrals_is_named_or_counted(news: ReferralNews, words: str) -> None:
    assert referral_words.assess_summary(news, 3) == words


@pytest.mark.parametrize(
    ("view", "state", "step"),
    [
        (COLLECTING, "Collecting: 1 of 5", ""),
        (
            replace(COLLECTING, wake_at=START),
            "Collecting: 1 of 5",
            "Next look by itself: 2035-03-05",
        ),
        (
            replace(COLLECTING, stage=Stage.PROPOSED, promote=True),
            "Qualified: waits for staff to approve",
            "Next: `approve acme`",
        ),
        (
            replace(COLLECTING, stage=Stage.QUALIFIED, qualified_on=START.date(), promote=True),
            "Qualified on 2035-03-05",
            "Next: the promotion is carried out",
        ),
        (
            replace(COLLECTING, stage=Stage.QUALIFIED, qualified_on=START.date(), tier="reseller"),
            "Qualified on 2035-03-05, now in reseller",
            "",
        ),
        (
            replace(COLLECTING, stage=Stage.NOT_ON_IT, tier="reseller"),
            "A partner in reseller who also refers",
            "",
        ),
        (
            replace(COLLECTING, stage=Stage.NOT_ON_IT),
            "Refers, and is not on the way to a tier",
            "",
        ),
    ],
)
def test_where_a_partner_who_refers_stands_and_what_comes_next(
    view: ReferralView, state: str, step: str
) -> None:
    assert referral_words.state_of(view) == state
    assert referral_words.next_step(view) == step
    assert "\n\n\n" not in referral_words.details(view)


def test_the_details_of_referrals_in_a_demo_say_that_it_is_one() -> None:
    assert "DEMO" not in referral_words.details(COLLECTING)
    demo = replace(COLLECTING, clock=A_DAY_A_SECOND)
    assert "a day lasts a second" in referral_words.details(demo)


def test_only_who_collects_reads_how_many_are_missing_while_it_waits() -> None:
    waits = replace(COLLECTING, wake_at=START)
    assert referral_words.wait_for(waits, START, None)[1] == "1 of 5: until 2035-03-05"
    qualified = replace(waits, stage=Stage.QUALIFIED)
    assert referral_words.wait_for(qualified, START, None)[1] == "until 2035-03-05"
