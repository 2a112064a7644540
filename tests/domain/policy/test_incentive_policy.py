"""`[tiers.incentive]`: what it may say, what is refused, and that nobody else's policy changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.incentive_policy import IncentiveSection
from partners.store.policy import policies
from tests import accruals, builders


def why_not(**terms: Any) -> dict[tuple[object, ...], str]:
    """What is wrong with these terms, by key path."""
    with pytest.raises(ValidationError) as refused:
        accruals.paying(terms)
    return {error["loc"][2:]: error["msg"] for error in refused.value.errors()}


def test_a_policy_without_incentives_keeps_its_hash() -> None:
    plain = builders.a_policy()
    assert "incentive" not in plain.model_dump(mode="json")["tiers"][0]
    assert policies.fingerprint(plain) != policies.fingerprint(accruals.paying())


def test_what_is_kept_of_a_policy_is_read_as_the_same() -> None:
    paying = accruals.paying(
        {"per_order": 5, "steps": [{"at_least": 10, "per_order": "7.50"}], "cap": 500}
    )
    assert Policy.model_validate(paying.model_dump(mode="json")) == paying


def test_it_pays_in_one_way() -> None:
    both = why_not(share="0.1", per_order=5)
    neither = why_not(at_least=10)
    one_way = "an incentive pays in one way; write share or per_order, not both"
    assert both == neither == {("incentive",): one_way}


def test_a_share_is_of_one_to_a_hundred_percent() -> None:
    assert "above 0 and at most 1" in why_not(share=2)[("incentive", "share")]
    assert ("incentive", "per_order") in why_not(per_order=0)


def test_steps_rise_pay_in_the_same_way_and_pay_more() -> None:
    problems = why_not(
        share="0.02",
        at_least=10,
        steps=[
            {"at_least": 10, "share": "0.03"},
            {"at_least": 50, "per_order": 2},
            {"at_least": 90, "share": "0.03"},
        ],
    )
    at = ("incentive", "steps")
    assert "no step up from 10" in problems[(*at, 0, "at_least")]
    assert "the incentive pays by share, and so do its steps" in problems[(*at, 1, "per_order")]
    assert "pays no more than the step below (0.03)" in problems[(*at, 2, "share")]


@pytest.mark.parametrize(
    ("measured", "rate"), [("9", None), ("10", "0.02"), ("49.99", "0.02"), ("50", "0.03")]
)
def test_the_highest_step_that_is_reached_counts(measured: str, rate: str | None) -> None:
    terms = IncentiveSection.model_validate(
        {"share": "0.02", "at_least": 10, "steps": [{"at_least": 50, "share": "0.03"}]}
    )
    found = terms.paid_at(Decimal(measured))
    assert (found and str(found.rate)) == rate
