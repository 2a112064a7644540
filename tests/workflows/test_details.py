"""Current Details tell the whole story; and other people's words are only text in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from partners.domain.cases.case import CaseStatus, HoldReason, Outcome, Permission
from partners.domain.cases.view import Act, CaseView
from partners.domain.ladder.view import PromotionStep
from partners.domain.mail.notices import MailState
from partners.domain.mail.view import Mailed
from partners.domain.referrals.qualification import Stage
from partners.domain.referrals.view import ReferralView
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.domain.reviews.view import GuardState, ReviewView
from workflows import promotion
from workflows.kit import markdown, timeline
from workflows.kit.words import referral_words, review_words

DAY = date(2035, 3, 5)
DEADLINE = date(2035, 4, 19)
OLDER = CaseView("acme-2035-02", "acme", 1, CaseStatus.OPENED, "preferred", 1)
"""As a step of an older version returned it."""
OPENED = replace(OLDER, month="2035-02", warned_for="6 orders a month, 10 required")
IN_GRACE = replace(
    OPENED,
    status=CaseStatus.IN_GRACE,
    warned_on=DAY,
    deadline=DEADLINE,
    decision_day=date(2035, 4, 23),
)
PAUSED = replace(
    IN_GRACE,
    status=CaseStatus.ON_HOLD,
    hold_reason=HoldReason.PAUSED,
    held_since=DAY,
    next_deadline=DEADLINE,
)
UNTIL = replace(PAUSED, hold_detail="until 2035-03-31", resume_at=datetime(2035, 4, 1, tzinfo=UTC))
HELD = replace(
    OPENED,
    status=CaseStatus.ON_HOLD,
    hold_reason=HoldReason.UNDELIVERABLE,
    staff_notice_at=datetime(2035, 3, 12, 9, tzinfo=UTC),
)
WHY = "**Why:** 6 orders a month, 10 required (whole months until 2035-02); "
ACT = Act(DAY, "extended: deadline 2035-04-30", "Ann", "agreed by phone")
MAIL = Mailed(7, DAY, "Please act by 19 April", MailState.ACCEPTED)


@pytest.mark.parametrize(
    ("case", "facts"),
    [
        (OLDER, []),
        (OPENED, [WHY + "no warning has arrived", "**Deadline:** none runs"]),
        (
            IN_GRACE,
            [WHY + "warned on 2035-03-05", "**Deadline:** 2035-04-19; decision on 2035-04-23"],
        ),
        (
            PAUSED,
            [
                WHY + "warned on 2035-03-05",
                "**Deadline:** 2035-04-19; no clock runs since 2035-03-05. It will be at the "
                "earliest 2035-04-19",
                "**Next:** nothing until somebody resumes the case",
            ],
        ),
        (
            UNTIL,
            [
                WHY + "warned on 2035-03-05",
                "**Deadline:** 2035-04-19; no clock runs since 2035-03-05. It will be about "
                "2035-04-19",
                "**Next:** nothing until 2035-03-31 is over; then the clock goes on by itself",
            ],
        ),
        (
            replace(PAUSED, hold_reason=HoldReason.APPEAL, next_deadline=None),
            [
                WHY + "warned on 2035-03-05",
                "**Deadline:** 2035-04-19; no clock runs since 2035-03-05",
                "**Next:** nothing until somebody upholds or overturns the appeal",
            ],
        ),
        (
            HELD,
            [
                WHY + "no warning has arrived",
                "**Deadline:** none runs",
                "**Next:** nothing until somebody resumes the case; staff are reminded on "
                "2035-03-12",
            ],
        ),
        (
            replace(
                IN_GRACE,
                status=CaseStatus.CLOSED,
                outcome=Outcome.REMOVED,
                decided_on=date(2035, 4, 23),
                decided="removed: out of the program",
            ),
            [
                WHY + "warned on 2035-03-05",
                "**Deadline:** 2035-04-19",
                "**Decided:** on 2035-04-23: removed: out of the program",
            ],
        ),
    ],
    ids=["older", "opened", "in grace", "paused", "paused until", "appealed", "held", "removed"],
)
def test_a_case_says_why_until_when_and_what_is_waited_for(
    case: CaseView, facts: list[str]
) -> None:
    assert timeline.facts(case) == facts


def test_a_case_says_what_people_did_and_what_was_sent() -> None:
    shown = timeline.details(replace(IN_GRACE, acts=(ACT,), mails=(MAIL,), more_mails=4))

    assert "**What people did**\n\n| On" in shown
    for word in ("2035-03-05", "extended: deadline 2035-04-30", "Ann", "agreed by phone"):
        assert word in shown
    assert "**Messages** (and 4 earlier: `show acme`)" in shown
    assert "Please act by 19 April (message 7)" in shown
    assert "accepted" in shown


def test_nothing_done_and_nothing_sent_is_said_and_an_older_step_says_neither() -> None:
    assert "**What people did:** nothing." in timeline.details(OPENED)
    assert "**Messages:** none." in timeline.details(OPENED)
    assert "nothing." not in timeline.details(OLDER)
    assert "Messages" not in timeline.details(OLDER)


def test_a_message_is_a_link_where_it_can_be_read() -> None:
    linked = replace(MAIL, link="http://127.0.0.1:8025/7", to_staff=True)
    shown = markdown.mails([linked])
    assert "[Please act by 19 April](http://127.0.0.1:8025/7)" in shown
    assert "staff" in shown


def test_after_the_outcome_what_comes_is_said() -> None:
    ended = replace(IN_GRACE, outcome=Outcome.REMOVED, afterwards=("until 2035-05-23: …",))
    assert "What comes now:\n\n- until 2035-05-23: …" in timeline.details(ended)


def test_peoples_words_are_text_and_no_markup() -> None:
    words = "a|b\n# head <b>x</b> [link](http://x) `code` *bold* _it_ \\ &amp;"
    shown = markdown.text(words)
    assert shown == (
        r"a\|b \# head \<b\>x\</b\> \[link\](http://x) \`code\` \*bold\* \_it\_ \\ \&amp;"
    )
    row = markdown.acts([replace(ACT, why=words)]).splitlines()[-1]
    assert row.count("|") - row.count(r"\|") == 5  # four cells


def test_details_are_cut_to_what_the_server_takes() -> None:
    acts = tuple(replace(ACT, why="\N{SNOWMAN}" * 3000) for _ in range(5))
    shown = timeline.details(replace(IN_GRACE, acts=acts))
    assert len(shown.encode()) <= markdown.LIMIT
    assert shown.endswith("\n\n…")


# ---- reviews ----

REVIEW = ReviewView(
    *("monthly/2035-02", ReviewKind.MONTHLY, "2035-02", "2035-02"),
    *(ReviewStatus.RUNNING, "", "review/a", True),
)
IDS = ("acme", "old mill/ü")


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (Permission.GO, ["**A case each, to be warned:** [acme]"]),
        (
            Permission.WAITING,
            [
                "**Would be warned:** [acme]",
                "**Next:** nothing, until somebody decides: `guard approve monthly/2035-02` or "
                "`guard reject monthly/2035-02`",
            ],
        ),
        (Permission.APPROVED, ["**Approved** by Ann: ask \\<me\\>", "to be warned:** [acme]"]),
        (Permission.REJECTED, ["**Rejected** by Ann: ask \\<me\\>", "**Not warned:** [acme]"]),
    ],
)
def test_a_review_names_whom_it_is_about_and_who_decided(
    state: Permission, says: list[str]
) -> None:
    guard = GuardState(state, "Ann: ask <me>", 52, IDS)
    shown = review_words.details(REVIEW, "starting cases", {}, guard, {})
    for words in says:
        assert words in shown
    case = "/namespaces/{namespace}/workflows/grace%2F"
    assert f"[acme]({case}acme), [old mill/ü]({case}old%20mill%2F%C3%BC) and 50 more" in shown


def test_a_review_that_is_done_says_who_else_and_that_nothing_comes() -> None:
    done = replace(
        REVIEW,
        status=ReviewStatus.DONE,
        checked_in=("elm",),
        promoted=("ash",),
        proposed=("oak",),
    )
    shown = review_words.details(done, "done", {"judged": 3}, GuardState(Permission.GO), {7: MAIL})
    assert "**Checked in with:** [elm](/namespaces/{namespace}/workflows/check-in%2Felm)" in shown
    assert "**Promoted:** [ash](/namespaces/{namespace}/workflows/promotion%2Fash)" in shown
    assert "**Proposed for promotion:** oak" in shown
    assert "**Next:** nothing; each case goes on by itself" in shown
    assert "message 7" in shown
    assert "warned:**" not in shown
    audit = replace(done, kind=ReviewKind.QUARTERLY)
    shown = review_words.details(audit, "done", {}, GuardState(Permission.NOT_ASKED), {})
    assert "**Next:** nothing; the audit changes nothing" in shown


# ---- promotions and referrals ----


def test_a_promotion_says_why_by_whom_and_what_comes() -> None:
    step = PromotionStep(1, "gold", from_tier="silver", why="12 orders", since=DAY, acts=(ACT,))
    shown = promotion._story(step, (MAIL,))
    assert "**Why:** from silver to gold: 12 orders" in shown
    assert "**Deadline:** none" in shown
    assert "on months that begin after 2035-03-05" in shown
    assert "agreed by phone" in shown
    assert "message 7" in shown
    refused = promotion._story(replace(step, refusal="a case is open"))
    assert "proposes it again" in refused
    assert "Deadline" not in refused
    assert promotion._story(PromotionStep(1, "gold")) == ""  # of an older version


COLLECTING = ReferralView("acme", Stage.COLLECTING, count=1, needed=3, window_days=30)


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (COLLECTING, "**Deadline:** none runs\n- **Next:** nothing, until something happens"),
        (
            replace(COLLECTING, act_by=DEADLINE, purchases=("r-1, bought on 2035-03-05",)),
            "**Why:** 3 purchases within 30 days qualify: r-1, bought on 2035-03-05\n"
            "- **Deadline:** 2035-04-19, for the oldest to count",
        ),
        (replace(COLLECTING, stage=Stage.PROPOSED), "**Deadline:** none; what has qualified"),
        (replace(COLLECTING, acts=(ACT,)), "agreed by phone"),
        (replace(COLLECTING, mails=(MAIL,)), "message 7"),
    ],
)
def test_referrals_say_why_until_when_who_and_what_was_sent(view: ReferralView, says: str) -> None:
    assert says in referral_words.details(view)


def test_referrals_of_an_older_step_say_only_where_they_stand() -> None:
    shown = referral_words.details(replace(COLLECTING, window_days=0))
    assert "Why" not in shown
    assert "Messages" not in shown
