"""The policy as data: defaults, and what validation refuses (errors: tests/test_policy_file.py)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from partners.domain.policy.policy import Criterion, Policy, Removal, Tier, TierKind
from partners.domain.policy.response_steps import ResponseStep
from tests import builders

Make = Callable[..., Policy]
FULL = {
    "orders_per_month": {"at_least": 10},
    "rating": {"at_least": "4.5", "window_months": 6},
    "tenure_months": {"at_least": 3},
}


def test_the_defaults_are_those_of_the_design(make_policy: Make) -> None:
    policy = make_policy()
    assert (policy.grace.days, policy.grace.reminders) == (45, (14, 3))
    assert (policy.grace.recovery_days, policy.grace.recovery_hold_days) == (30, 14)
    assert (policy.feed.settling_days, policy.feed.max_age_days, policy.feed.feed_wait_days) == (
        3,
        3,
        7,
    )
    assert policy.review.judge_from is None


def test_without_a_keep_table_the_standards_to_keep_are_those_to_enter_without_tenure(
    make_policy: Make,
) -> None:
    tier = make_policy(FULL).tiers[0]
    assert list(tier.keep_standards) == ["orders_per_month", "rating"]
    assert tier.keep_standards["rating"].window_months == 6


def test_a_keep_table_is_complete(make_policy: Make) -> None:
    tier = make_policy(FULL, keep={"orders_per_month": {"at_least": 8}}).tiers[0]
    assert list(tier.keep_standards) == ["orders_per_month"]
    assert tier.keep_standards["orders_per_month"].required == 8


def test_rule_11_a_public_tier_has_nothing_to_keep(make_policy: Make) -> None:
    tier = {"key": "open", "kind": "public", "enter": {"orders_per_month": {"at_least": 1}}}
    assert make_policy(tiers=[tier]).tiers[0].keep_standards == {}
    assert make_policy(tiers=[{**tier, "keep": {}}]).tiers[0].keep_standards == {}
    with pytest.raises(ValidationError, match="a public tier has no keep standards"):
        make_policy(tiers=[{**tier, "keep": tier["enter"]}])


def test_who_is_in_no_tier_or_in_one_that_is_gone_has_nothing_to_keep(make_policy: Make) -> None:
    policy = make_policy(FULL)
    kept = [criterion.metric for criterion in policy.keep_standards("preferred")]
    assert kept == ["orders_per_month", "rating"]
    assert policy.keep_standards("gone") == policy.keep_standards(None) == ()


def test_a_tier_without_a_name_is_called_by_its_key() -> None:
    assert Tier(key="gold", kind=TierKind.PREFERRED).label == "Gold"
    assert Tier(key="gold", name="Inner Circle", kind=TierKind.PREFERRED).label == "Inner Circle"


def test_a_tier_responds_if_any_of_what_it_keeps_is_checked_in_on_first() -> None:
    def responds(*responses: tuple[ResponseStep, ...] | None) -> bool:
        keep = {
            name: Criterion(at_least=Decimal(1), response=response)
            for name, response in zip(("rating", "revenue"), responses, strict=True)
        }
        return Tier(key="gold", kind=TierKind.PREFERRED, enter=keep, keep=keep).keep_responds

    gently, at_once = tuple(ResponseStep), (ResponseStep.WARNING, ResponseStep.REMOVAL)
    assert responds(None, gently)
    assert not responds(None, at_once)


@pytest.mark.parametrize(
    ("metrics", "needed"),
    [
        (["tenure_months", "complaints"], False),  # the program keeps them itself
        (["nps"], False),  # fed by the month
        (["nps", "rating", "complaints"], True),
        ([], False),
    ],
)
def test_the_feed_is_needed_where_any_standard_is_measured_on_orders(
    make_policy: Make, metrics: list[str], needed: bool
) -> None:
    policy = make_policy(metrics={"nps": {"label": "NPS"}})
    criteria = [Criterion(metric=name, at_most=Decimal(1)) for name in metrics]
    assert policy.needs_feed(criteria) is needed


def test_criteria_know_their_metric(make_policy: Make) -> None:
    assert make_policy(FULL).tiers[0].enter["rating"].metric == "rating"


def test_rule_02_the_default_sample_is_ten_and_five_for_ratings(make_policy: Make) -> None:
    policy = make_policy()

    def sample(metric: str, **settings: Any) -> int:
        return policy.min_sample(Criterion(metric=metric, at_least=Decimal(0), **settings))

    assert sample("acceptance_rate") == 10
    assert sample("rating") == 5
    assert sample("orders_per_month") == 1
    assert sample("rating", min_sample=0) == 0


def test_a_removal_leads_one_tier_down_or_out(make_policy: Make) -> None:
    tiers = [
        {"key": "bronze", "kind": "public"},
        {"key": "silver", "kind": "preferred", "removal": "down"},
        {"key": "gold", "kind": "strategic"},
    ]
    policy = make_policy(tiers=tiers)
    below = policy.tier_below("silver")
    assert below is not None
    assert (below.key, below.kind) == ("bronze", TierKind.PUBLIC)
    assert policy.tiers[2].removal is Removal.OUT
    assert policy.tier_below("gold") is None
    lowest_down = make_policy(tiers=[{**tiers[0], "removal": "down"}, *tiers[1:]])
    assert lowest_down.tier_below("bronze") is None
    assert policy.tier("platinum") is None


@pytest.mark.parametrize(
    ("mine", "other", "stricter"),
    [
        ({"at_least": 10}, {"at_least": 9}, True),
        ({"at_least": 9}, {"at_least": 9}, False),
        ({"at_most": 3}, {"at_most": 4}, True),
        ({"at_most": 5}, {"at_most": 4}, False),
        ({"at_most": 5}, {"at_least": 4}, True),
        ({"at_least": 4}, {"at_most": 5}, True),
    ],
)
def test_stricter(mine: dict[str, int], other: dict[str, int], stricter: bool) -> None:
    one, two = Criterion.model_validate(mine), Criterion.model_validate(other)
    assert one.is_stricter_than(two) is stricter


def test_trailing_zeros_do_not_make_another_policy(make_policy: Make) -> None:
    one = make_policy({"rating": {"at_least": "4.50"}})
    two = make_policy({"rating": {"at_least": "4.5"}})
    assert one.model_dump(mode="json") == two.model_dump(mode="json")


def test_a_policy_survives_being_stored(make_policy: Make) -> None:
    policy = make_policy(FULL, program={"holidays": ["2026-12-24"]})
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


def test_a_policy_cannot_be_changed(make_policy: Make) -> None:
    with pytest.raises(ValidationError):
        make_policy().grace.days = 10


def test_referral_partners_enter_at_the_tier_that_is_named_or_else_at_the_lowest_earned() -> None:
    tiers = [
        {"key": "bronze", "kind": "public"},
        *({"key": key, "kind": "preferred", "removal": "down"} for key in ("silver", "gold")),
    ]

    def enters(**sections: Any) -> str | None:
        tier = builders.a_policy(tiers=tiers, **sections).entry_tier
        return tier and tier.key

    assert enters() == "silver"
    assert enters(referral={}) == "silver"
    assert enters(referral={"entry_tier": "gold"}) == "gold"


def test_a_setting_that_is_not_used_leaves_a_policys_hash_as_it_was() -> None:
    (plain,) = builders.a_policy().model_dump(mode="json")["tiers"]
    assert "renamed_from" not in plain
    tier = {**builders.POLICY["tiers"][0], "renamed_from": ["silver"]}
    (renamed,) = builders.a_policy(tiers=[tier]).model_dump(mode="json")["tiers"]
    assert renamed["renamed_from"] == ["silver"]
