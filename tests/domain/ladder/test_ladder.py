"""Promotion: one tier up, and everything that forbids it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.judging.assessment import Assessment, Finding, Verdict
from partners.domain.ladder.ladder import (
    LadderFacts,
    NotPromoted,
    Promotion,
    Why,
    next_tier,
    promotion,
    why_hands_off,
)
from partners.domain.policy.policy import Policy

TODAY = date(2026, 11, 4)
LONG_AGO = date(2025, 1, 1)
ENTER = {"orders_per_month": {"at_least": 10}, "tenure_months": {"at_least": 3}}


def a_policy(**sections: Any) -> Policy:
    return Policy.model_validate(
        {
            "program": {
                "name": "Program",
                "provider": "Provider",
                "time_zone": "UTC",
                "contact_email": "partners@example.com",
            },
            "staff": {"emails": ["staff@example.com"]},
            "tiers": [
                {"key": "bronze", "kind": "public"},
                {"key": "silver", "kind": "preferred", "removal": "down", "enter": ENTER},
                {
                    "key": "gold",
                    "kind": "strategic",
                    "removal": "down",
                    "enter": ENTER,
                    "requires": ["expertise", "segments"],
                },
                {"key": "circle", "kind": "strategic", "removal": "down"},
            ],
            **sections,
        }
    )


POLICY = a_policy()
ACME = LadderFacts("acme", "bronze", LONG_AGO, LONG_AGO)


def judged(*verdicts: Verdict) -> Assessment:
    """Of the enter standards of silver or gold; passing where nothing else is said."""
    given = [*verdicts, Verdict.PASSING, Verdict.PASSING][:2]
    return Assessment(
        tuple(
            Finding(name, Decimal(1), Decimal(1), True, 1, 1, 1, verdict)
            for name, verdict in zip(ENTER, given, strict=True)
        )
    )


def why(facts: LadderFacts, *verdicts: Verdict, policy: Policy = POLICY) -> NotPromoted | None:
    result = promotion(policy, facts, judged(*verdicts), TODAY)
    return result if isinstance(result, NotPromoted) else None


def test_who_meets_the_enter_standards_goes_one_step_up() -> None:
    assessment = judged()
    assert promotion(POLICY, ACME, assessment, TODAY) == Promotion(
        "acme", "bronze", "silver", assessment.findings
    )


@pytest.mark.parametrize(
    ("tier", "following"),
    [("bronze", "silver"), ("silver", "gold"), ("gold", "circle"), ("circle", None),
     (None, "silver"), ("platinum", None)],
)  # fmt: skip
def test_the_next_tier_is_one_up_and_entry_is_at_the_lowest_that_is_not_public(
    tier: str | None, following: str | None
) -> None:
    found = next_tier(POLICY, tier)
    assert (found and found.key) == following


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"has_open_case": True}, Why.OPEN_CASE, ""),
        ({"overrides": frozenset({"pin"})}, Why.PINNED, ""),
        ({"overrides": frozenset({"block"})}, Why.BLOCKED, ""),
        ({"overrides": frozenset({"waiver"})}, Why.WAIVED, ""),
        ({"tier": "platinum"}, Why.UNKNOWN_TIER, "platinum"),
        ({"tier": "circle"}, Why.TOP, ""),
        ({"tier": "gold"}, Why.NOTHING_TO_EARN, ""),
        ({"tier": None, "is_referral": True}, Why.REFERRAL, ""),
        ({"tier_since": TODAY - timedelta(days=29)}, Why.TOO_SOON, "from 2026-11-05 on"),
        ({"declined_on": TODAY - timedelta(days=1)}, Why.DECLINED, "from 2026-12-03 on"),
        ({"tier": "silver"}, Why.QUALITIES, "Expertise, Customer segments"),
        (
            {"tier": "silver", "qualities": frozenset({"expertise"})},
            Why.QUALITIES,
            "Customer segments",
        ),
        (
            {"tier": None, "left_on": TODAY - timedelta(days=89)},
            Why.NOT_BACK_YET,
            "from 2026-11-05 on",
        ),
    ],
)
def test_rule_10_what_forbids_a_promotion_is_named(
    changes: dict[str, Any], reason: Why, detail: str
) -> None:
    assert why(replace(ACME, **changes)) == NotPromoted(reason, detail)


@pytest.mark.parametrize(
    "changes",
    [
        {"tier_since": TODAY - timedelta(days=30)},
        {"tier_since": None},
        {"declined_on": TODAY - timedelta(days=30)},
        {"is_referral": True},  # … who has entered long since
        {"tier": None},
        {"tier": None, "left_on": TODAY - timedelta(days=90)},
        {"tier": None, "left_on": TODAY - timedelta(days=90), "is_referral": True},
        {"tier": "silver", "qualities": frozenset({"expertise", "segments"})},
    ],
)
def test_what_allows_a_promotion(changes: dict[str, Any]) -> None:
    assert why(replace(ACME, **changes)) is None


@pytest.mark.parametrize(
    ("changed", "declined", "reason", "first"),
    [
        (5, 100, Why.TOO_SOON, "2026-11-29"),  # a decline of long ago says nothing
        (5, 10, Why.TOO_SOON, "2026-11-29"),
        (5, 5, Why.TOO_SOON, "2026-11-29"),
        (10, 5, Why.DECLINED, "2026-11-29"),
        (100, 5, Why.DECLINED, "2026-11-29"),
    ],
)
def test_of_a_change_of_tier_and_a_decline_the_one_that_holds_longer_is_named(
    changed: int, declined: int, reason: Why, first: str
) -> None:
    both = replace(
        ACME,
        tier_since=TODAY - timedelta(days=changed),
        declined_on=TODAY - timedelta(days=declined),
    )
    assert why(both) == NotPromoted(reason, f"from {first} on")


def test_a_tier_that_asks_for_qualities_alone_can_be_earned() -> None:
    tiers = [
        {"key": "bronze", "kind": "public"},
        {"key": "circle", "kind": "strategic", "removal": "down", "requires": ["expertise"]},
    ]
    policy = a_policy(tiers=tiers)
    asked = promotion(policy, ACME, Assessment(()), TODAY)
    assert asked == NotPromoted(Why.QUALITIES, "Expertise")
    expert = replace(ACME, qualities=frozenset({"expertise"}))
    assert isinstance(promotion(policy, expert, Assessment(()), TODAY), Promotion)


def test_a_refusal_reads_with_its_detail_if_it_has_one() -> None:
    assert str(NotPromoted(Why.TOP)) == "no tier is above"
    assert str(NotPromoted(Why.UNKNOWN_TIER, "gold")) == "the policy has no such tier (gold)"


def test_rule_02_insufficient_data_never_promotes() -> None:
    refused = why(ACME, Verdict.INSUFFICIENT)
    assert refused == NotPromoted(Why.INSUFFICIENT, "orders_per_month")


def test_tenure_is_an_enter_standard() -> None:
    refused = why(ACME, Verdict.PASSING, Verdict.BELOW)
    assert refused == NotPromoted(Why.BELOW, "tenure_months")


def test_rule_11_no_return_is_sooner_than_any_change_of_tier() -> None:
    policy = a_policy(ladder={"reentry_days": 10, "min_days_between_changes": 30})
    out = replace(ACME, tier=None, left_on=TODAY - timedelta(days=20))
    assert why(out, policy=policy) == NotPromoted(Why.NOT_BACK_YET, "from 2026-11-14 on")


def test_a_launch_group_leaves_the_others_untouched() -> None:
    policy = a_policy(enrolment={"launch_group": ["acme"]})
    assert why(ACME, policy=policy) is None
    assert why(replace(ACME, partner_id="zenith"), policy=policy) == NotPromoted(Why.NOT_LAUNCHED)


def test_an_assessment_of_other_standards_is_refused() -> None:
    with pytest.raises(ValueError, match="enter standards of silver"):
        promotion(POLICY, ACME, Assessment(()), TODAY)


days = st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
FACTS = st.builds(
    LadderFacts,
    partner_id=st.sampled_from(["acme", "zenith"]),
    tier=st.sampled_from([None, "bronze", "silver", "gold", "circle", "platinum"]),
    joined_on=st.dates(date(2026, 1, 1), date(2026, 11, 30)),
    tier_since=days,
    left_on=days,
    is_referral=st.booleans(),
    has_open_case=st.booleans(),
    overrides=st.frozensets(st.sampled_from(["pin", "block", "waiver"])),
    qualities=st.frozensets(st.sampled_from(["expertise", "segments", "coverage"])),
    declined_on=days,
)


@given(FACTS, st.lists(st.sampled_from(Verdict), min_size=2, max_size=2), st.booleans())
def test_rule_10_whoever_is_promoted_was_free_to_be(
    facts: LadderFacts, verdicts: list[Verdict], small: bool
) -> None:
    policy = a_policy(enrolment={"launch_group": ["acme"]}) if small else POLICY
    tier = next_tier(policy, facts.tier)
    assessment = judged(*verdicts) if tier is not None and tier.enter else Assessment(())
    result = promotion(policy, facts, assessment, TODAY)
    if isinstance(result, NotPromoted):
        return
    keys = [None, *(t.key for t in policy.tiers)]
    step = keys.index(result.to_tier) - keys.index(facts.tier)
    assert result.from_tier == facts.tier
    assert step == 1 or (facts.tier is None and result.to_tier == "silver")
    assert set(verdicts) == {Verdict.PASSING}
    assert not facts.overrides
    assert not facts.has_open_case
    assert why_hands_off(facts) is None
    assert tier is not None
    assert set(tier.requires) <= facts.qualities
    assert facts.tier is None or (TODAY - (facts.tier_since or facts.joined_on)).days >= 30
    assert facts.tier or not facts.left_on or (TODAY - facts.left_on).days >= 90
    assert not small or facts.partner_id == "acme"
