"""Promotion: one tier up, on the enter standards, within everything that limits it.

It holds rules 2, 4, 10, 11 and 16; docs/ladder.md tells people how.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from partners.domain.judging.assessment import Assessment, Finding, Verdict
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy, Tier, lowest_earned


class Why(StrEnum):
    """Why a partner is not promoted; the values are what people read."""

    BLOCKED = "blocked: beyond reviews"
    PINNED = "a person has pinned the tier"
    WAIVED = "a waiver is in force"
    OPEN_CASE = "a case is open"
    NOT_LAUNCHED = "not in the launch group"
    REFERRAL = "a referral partner, who enters by qualifying"
    UNKNOWN_TIER = "the policy has no such tier"
    TOP = "no tier is above"
    NOTHING_TO_EARN = "the next tier has no enter standards: people add partners to it"
    TOO_SOON = "the tier changed too recently"
    NOT_BACK_YET = "it is too early to return"
    DECLINED = "staff declined it lately"
    BELOW_OWN = "below the standards of the present tier"
    QUALITIES = "a required quality is not appraised as met"
    BELOW = "below the enter standards"
    INSUFFICIENT = "not enough data to judge"


class CandidateState(StrEnum):
    """Where a promotion stands. Steps go down the list; the last two end it."""

    WAITING = "waiting"  # for staff
    APPROVED = "approved"  # by staff, or by a review where the policy says auto
    PROMOTED = "promoted"  # the tier has changed; the partner has yet to be told
    TOLD = "told"  # the notice is on its way, or there was nothing more to tell
    DECLINED = "declined"  # by staff
    WITHDRAWN = "withdrawn"  # no longer earned


@dataclass(frozen=True, slots=True)
class LadderFacts:
    """What limits a partner's next step, apart from numbers; as of one day."""

    partner_id: str
    tier: str | None  # None: never enrolled, or out
    joined_on: date
    tier_since: date | None = None
    left_on: date | None = None  # the day on which the partner was moved out
    is_referral: bool = False  # began as a referral partner
    has_open_case: bool = False
    overrides: frozenset[str] = frozenset()  # in force: pin, block, waiver
    qualities: frozenset[str] = frozenset()  # appraised as met, and not expired
    declined_on: date | None = None  # when staff last declined a promotion


@dataclass(frozen=True, slots=True)
class Promotion:
    """A step up that has been earned. `from_tier` is None for who enters the program."""

    partner_id: str
    from_tier: str | None
    to_tier: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class NotPromoted:
    """No step up, and why."""

    why: Why
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.why.value} ({self.detail})" if self.detail else self.why.value


def next_tier(policy: Policy, key: str | None) -> Tier | None:
    """The one tier that a partner in tier `key` could be promoted to; None if there is none.

    Who is in no tier enters at the lowest tier that is not public, newcomer and returner alike:
    a public tier is open to all, so there is nothing to earn in it.
    """
    if key is None:
        return lowest_earned(policy.tiers)
    keys = [tier.key for tier in policy.tiers]
    at = keys.index(key) + 1 if key in keys else len(keys)
    return policy.tiers[at] if at < len(keys) else None


def why_hands_off(facts: LadderFacts) -> Why | None:
    """What forbids any change of tier, by whomever (rules 10 and 16); None if nothing does."""
    if Override.BLOCK in facts.overrides:
        return Why.BLOCKED
    if Override.PIN in facts.overrides:
        return Why.PINNED
    return Why.OPEN_CASE if facts.has_open_case else None


def why_no_step(policy: Policy, key: str | None) -> NotPromoted | None:
    """Why nobody in tier `key` can rise; None if somebody may."""
    if key is not None and policy.tier(key) is None:
        return NotPromoted(Why.UNKNOWN_TIER, key)
    tier = next_tier(policy, key)
    if tier is None:
        return NotPromoted(Why.TOP)
    return None if tier.enter or tier.requires else NotPromoted(Why.NOTHING_TO_EARN)


def why_not_considered(policy: Policy, facts: LadderFacts, today: date) -> NotPromoted | None:
    """Why a partner is not promoted whatever the numbers; None if the numbers decide."""
    if hands_off := why_hands_off(facts):
        return NotPromoted(hands_off)
    if Override.WAIVER in facts.overrides:
        return NotPromoted(Why.WAIVED)
    if not policy.enrolment.includes(facts.partner_id):
        return NotPromoted(Why.NOT_LAUNCHED)
    if facts.tier is None and facts.left_on is None and facts.is_referral:
        return NotPromoted(Why.REFERRAL)
    if no_step := why_no_step(policy, facts.tier):
        return no_step
    tier = next_tier(policy, facts.tier)
    assert tier is not None
    return _too_early(policy, facts, today) or _unqualified(policy, tier, facts)


def _too_early(policy: Policy, facts: LadderFacts, today: date) -> NotPromoted | None:
    """Rules 10 and 11: no two changes in quick succession, and no quick return."""
    ladder = policy.ladder
    between = timedelta(days=ladder.min_days_between_changes)
    if facts.tier is not None:
        first, why = (facts.tier_since or facts.joined_on) + between, Why.TOO_SOON
    elif facts.left_on is not None:
        first, why = facts.left_on + timedelta(days=ladder.return_days), Why.NOT_BACK_YET
    else:
        first, why = date.min, Why.TOO_SOON
    if facts.declined_on is not None and facts.declined_on + between > max(first, today):
        first, why = facts.declined_on + between, Why.DECLINED
    return NotPromoted(why, f"from {first} on") if today < first else None


def _unqualified(policy: Policy, tier: Tier, facts: LadderFacts) -> NotPromoted | None:
    missing = [name for name in tier.requires if name not in facts.qualities]
    if not missing:
        return None
    labels = (quality.label if (quality := policy.quality(n)) else n for n in missing)
    return NotPromoted(Why.QUALITIES, ", ".join(labels))


def promotion(
    policy: Policy, facts: LadderFacts, assessment: Assessment, today: date
) -> Promotion | NotPromoted:
    """Whether a partner has earned the next tier.

    `assessment` holds the partner against the enter standards of `next_tier`, tenure included,
    on whole months. Raises ValueError for one of other standards: it would promote by mistake.
    """
    if reason := why_not_considered(policy, facts, today):
        return reason
    tier = next_tier(policy, facts.tier)
    assert tier is not None
    if [finding.metric for finding in assessment.findings] != list(tier.enter):
        raise ValueError(f"not an assessment of the enter standards of {tier.key}")
    if assessment.verdict is not Verdict.PASSING:
        why = Why.BELOW if assessment.verdict is Verdict.BELOW else Why.INSUFFICIENT
        metrics = (f.metric for f in assessment.findings if f.verdict is assessment.verdict)
        return NotPromoted(why, ", ".join(metrics))
    return Promotion(facts.partner_id, facts.tier, tier.key, assessment.findings)
