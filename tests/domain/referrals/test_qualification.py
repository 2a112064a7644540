"""What becomes of a partner who refers: on the way, proposed, declined, withdrawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from partners.domain.ladder.ladder import LadderFacts, Why
from partners.domain.policy.policy import Policy
from partners.domain.policy.referral_policy import AfterRefund, ReferralSection
from partners.domain.referrals.qualification import (
    QualifierFacts,
    Stage,
    counts_from,
    is_withdrawn,
    nudge_on,
    silent_since,
    stage,
    why_not_proposed,
    windows_over,
)
from partners.domain.referrals.referral_window import Progress
from tests import builders

JOINED = date(2026, 1, 1)
LATER = date(2026, 3, 1)
REFERRER = LadderFacts("acme", None, JOINED, JOINED, is_referral=True)
ON_THE_WAY = QualifierFacts(REFERRER)
SECTION = ReferralSection(tries=2, retry_days=30)
POLICY = builders.a_policy()
SHORT = Progress(count=3, needed=5)
ENOUGH = Progress(count=5, needed=5, qualified_on=LATER)


def facts(**ladder: Any) -> QualifierFacts:
    return QualifierFacts(replace(REFERRER, **ladder))


# ---- where a partner is ----


def test_a_partner_who_refers_collects_until_there_is_something_to_say() -> None:
    assert stage(ON_THE_WAY, SECTION) is Stage.COLLECTING


@pytest.mark.parametrize(
    "ladder", [{"tier": "preferred"}, {"left_on": LATER}, {"is_referral": False}]
)
def test_a_reseller_and_who_was_in_a_tier_before_are_not_on_the_way(ladder: dict[str, Any]) -> None:
    assert stage(facts(**ladder), SECTION) is Stage.NOT_ON_IT


def test_who_waits_for_staff_is_proposed_and_who_qualified_stays_so() -> None:
    assert stage(replace(ON_THE_WAY, waiting=True), SECTION) is Stage.PROPOSED
    assert stage(replace(ON_THE_WAY, qualified_on=LATER), SECTION) is Stage.QUALIFIED


@pytest.mark.parametrize(
    ("declines", "expected"), [(1, Stage.COLLECTING), (2, Stage.DECLINED), (3, Stage.DECLINED)]
)
def test_a_partner_is_proposed_as_often_as_the_policy_allows(
    declines: int, expected: Stage
) -> None:
    assert stage(replace(ON_THE_WAY, declines=declines), SECTION) is expected


# ---- proposing ----


def why(given: QualifierFacts, progress: Progress, policy: Policy = POLICY) -> str | None:
    return why_not_proposed(policy, SECTION, given, progress)


def test_enough_purchases_within_a_window_propose_and_fewer_say_how_many() -> None:
    assert why(ON_THE_WAY, ENOUGH) is None
    assert why(ON_THE_WAY, SHORT) == "3 of 5"


def test_who_is_not_collecting_is_not_proposed_however_many_purchases_there_are() -> None:
    assert why(facts(tier="preferred"), ENOUGH) == Stage.NOT_ON_IT.value


def test_rule_16_a_persons_word_keeps_a_partner_from_being_proposed() -> None:
    assert why(facts(overrides=frozenset({"block"})), ENOUGH) == Why.BLOCKED.value


def test_outside_the_launch_group_nobody_is_proposed() -> None:
    elsewhere = builders.a_policy(enrolment={"launch_group": ["zenith"]})
    assert "launch group" in (why(ON_THE_WAY, ENOUGH, elsewhere) or "")


def test_after_a_decline_only_windows_that_end_after_the_pause_count() -> None:
    assert counts_from(ON_THE_WAY, SECTION) == JOINED
    assert counts_from(facts(declined_on=LATER), SECTION) == LATER + timedelta(days=30)
    before = facts(declined_on=JOINED - timedelta(days=60))
    assert counts_from(before, SECTION) == JOINED


# ---- refunds ----

WITHDRAWS = ReferralSection(after_refund=AfterRefund.WITHDRAW)
WAITING = replace(ON_THE_WAY, waiting=True)


def test_a_refund_withdraws_a_proposal_that_waits_for_staff_where_the_policy_says_so() -> None:
    assert is_withdrawn(WITHDRAWS, WAITING, SHORT)
    assert not is_withdrawn(SECTION, WAITING, SHORT)


def test_enough_purchases_without_the_refunded_one_keep_the_proposal() -> None:
    assert not is_withdrawn(WITHDRAWS, WAITING, ENOUGH)


def test_a_promotion_that_has_been_made_is_never_withdrawn() -> None:
    promoted = replace(facts(tier="preferred"), qualified_on=LATER)
    assert not is_withdrawn(WITHDRAWS, promoted, SHORT)


# ---- encouraging ----


@pytest.mark.parametrize(("days", "windows"), [(-1, 0), (0, 0), (89, 0), (90, 1), (180, 2)])
def test_each_window_is_over_after_its_last_day(days: int, windows: int) -> None:
    assert windows_over(JOINED, 90, JOINED + timedelta(days=days)) == windows


def test_silence_begins_with_the_newest_referral_or_with_joining() -> None:
    assert silent_since(ON_THE_WAY) == JOINED
    assert silent_since(replace(ON_THE_WAY, last_heard_on=LATER)) == LATER
    early = JOINED - timedelta(days=5)
    assert silent_since(replace(ON_THE_WAY, last_heard_on=early)) == JOINED


def test_what_was_before_the_program_looked_is_no_silence() -> None:
    assert silent_since(replace(ON_THE_WAY, looked_on=LATER)) == LATER


def test_news_of_a_referral_ends_a_silence_too() -> None:
    told = replace(ON_THE_WAY, last_heard_on=JOINED, news_on=LATER)
    assert nudge_on(told, ReferralSection(nudge_days=20)) == LATER + timedelta(days=20)


def test_a_silence_has_one_friendly_word() -> None:
    section, nudged_on = ReferralSection(nudge_days=20), LATER + timedelta(days=20)
    silent = replace(ON_THE_WAY, news_on=LATER)
    assert nudge_on(silent, section) == nudged_on
    assert nudge_on(replace(silent, nudged_on=nudged_on), section) is None
    heard = replace(silent, nudged_on=nudged_on, last_heard_on=nudged_on + timedelta(days=1))
    assert nudge_on(heard, section) == nudged_on + timedelta(days=21)


def test_a_referral_of_before_the_last_friendly_word_brings_no_other() -> None:
    """It is only now known of: the partner has just been nudged."""
    nudged = replace(ON_THE_WAY, looked_on=JOINED, nudged_on=JOINED + timedelta(days=45))
    late = replace(nudged, last_heard_on=JOINED + timedelta(days=30))
    assert nudge_on(late, ReferralSection(nudge_days=45)) is None
