"""`[referral.routing]`: what is wrong is said at its key; who does not use it has no new hash."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from partners.domain.policy.policy import Policy
from tests import builders


def routing(**settings: Any) -> Policy:
    given = {"sales_email": "sales@northwind.example", **settings}
    return builders.a_policy(referral={"routing": given})


def test_a_policy_without_it_is_stored_as_ever() -> None:
    assert "routing" not in builders.a_policy(referral={}).model_dump(mode="json")["referral"]


def test_what_is_stored_is_read_as_it_was() -> None:
    policy = routing(ways=["tier", "area"], tiers=["preferred"], leads_url="https://crm.example/")
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


@pytest.mark.parametrize(
    ("settings", "at", "words"),
    [
        ({"tiers": ["platinum"]}, ("referral", "routing", "tiers", 0), "there is no such tier"),
        ({"tiers": ["preferred"] * 2}, ("referral", "routing", "tiers", 1), "name each once"),
        ({"ways": ["tier", "tier"]}, ("referral", "routing", "ways", 1), "name each once"),
        ({"ways": ["luck"]}, ("referral", "routing", "ways", 0), "'area', 'service' or 'tier'"),
        ({"reminder_days": 10}, ("referral", "routing", "reminder_days"), "less than untouched"),
        ({"untouched_days": 3}, ("referral", "routing", "reminder_days"), "less than untouched"),
        ({"sales_email": "nobody"}, ("referral", "routing", "sales_email"), "pattern"),
        ({"leads_url": "http://x.example"}, ("referral", "routing", "leads_url"), "pattern"),
    ],
)
def test_what_is_wrong_is_said_at_its_key(
    settings: dict[str, Any], at: tuple[str | int, ...], words: str
) -> None:
    with pytest.raises(ValidationError) as wrong:
        routing(**settings)
    (error,) = wrong.value.errors()
    assert error["loc"] == at
    assert words in error["msg"]
