"""What becomes of a referral partner: proposed, promoted, encouraged. Pure, decided each time anew.

A partner enters the program by qualifying only once and only from no tier; whoever has a tier, or
had one, rises by the ladder. Falling short has no consequence: the window rolls on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from partners.domain.ladder.ladder import LadderFacts, Why, why_hands_off
from partners.domain.policy.policy import Policy
from partners.domain.policy.referral_policy import AfterRefund, ReferralSection
from partners.domain.referrals.referral_window import Goal, Progress


class Stage(StrEnum):
    """Where a partner who refers is on the way to a tier."""

    COLLECTING = "collecting"  # referrals
    PROPOSED = "waiting for staff"
    QUALIFIED = "qualified"
    DECLINED = "declined"  # by staff, as often as the policy allows
    NOT_ON_IT = "not on the way"  # a reseller, or one who was in a tier before


@dataclass(frozen=True)
class QualifierFacts:
    """What is known of a partner apart from the purchases; as of one day."""

    ladder: LadderFacts
    qualified_on: date | None = None
    waiting: bool = False  # a promotion that qualifying brought about waits for staff
    declines: int = 0  # how often staff declined one
    last_heard_on: date | None = None  # the newest referral submitted
    looked_on: date | None = None  # when the program began to look at the partner's referrals
    news_on: date | None = None  # when they were last told, or are to be told, of a referral
    nudged_on: date | None = None  # the last friendly word


def goal(section: ReferralSection) -> Goal:
    return Goal(section.successes, section.window_days)


def counts_from(facts: QualifierFacts, section: ReferralSection) -> date:
    """Windows that ended before do not count (again): a decline is followed by a pause."""
    joined, declined = facts.ladder.joined_on, facts.ladder.declined_on
    if declined is None:
        return joined
    return max(joined, declined + timedelta(days=section.retry_days))


def stage(facts: QualifierFacts, section: ReferralSection) -> Stage:
    if facts.waiting:
        return Stage.PROPOSED
    if facts.qualified_on is not None:
        return Stage.QUALIFIED
    entered = facts.ladder.tier is not None or facts.ladder.left_on is not None
    if entered or not facts.ladder.is_referral:
        return Stage.NOT_ON_IT
    return Stage.DECLINED if facts.declines >= section.tries else Stage.COLLECTING


def why_not_proposed(
    policy: Policy, section: ReferralSection, facts: QualifierFacts, progress: Progress
) -> str | None:
    """Why a partner is not proposed for the entry tier today; None if they are."""
    if (at := stage(facts, section)) is not Stage.COLLECTING:
        return at.value
    if progress.qualified_on is None:
        return f"{progress.count} of {progress.needed}"
    if (hands_off := why_hands_off(facts.ladder)) is not None:
        return hands_off.value
    if not policy.enrolment.includes(facts.ladder.partner_id):
        return Why.NOT_LAUNCHED.value
    return None


def is_withdrawn(section: ReferralSection, facts: QualifierFacts, progress: Progress) -> bool:
    """Whether a refund takes away a promotion that still waits for staff."""
    if section.after_refund is not AfterRefund.WITHDRAW or not facts.waiting:
        return False
    return progress.qualified_on is None


def windows_over(joined_on: date, window_days: int, today: date) -> int:
    """How many windows have passed since a partner was enrolled; each is summed up."""
    return max(0, (today - joined_on).days // window_days)


def silent_since(facts: QualifierFacts) -> date:
    """Since when nothing has been heard of referrals, either way.

    Not before the program looked: what it did not know of was no silence.
    """
    joined = facts.ladder.joined_on
    heard = (facts.looked_on, facts.last_heard_on, facts.news_on)
    return max([joined, *(day for day in heard if day is not None)])


def nudge_on(facts: QualifierFacts, section: ReferralSection) -> date | None:
    """When a silence has lasted for long enough; None where it has had its one friendly word."""
    since = silent_since(facts)
    if facts.nudged_on is not None and since < facts.nudged_on:
        return None
    return since + timedelta(days=section.nudge_days)
