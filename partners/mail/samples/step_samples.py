"""Invented facts of the notices about a step up, for previews and tests."""

from __future__ import annotations

from partners.domain.policy.policy import Policy, Tier
from partners.mail.notice import StepUp


def welcome(policy: Policy, tier: Tier) -> dict[str, object]:
    return {"step": StepUp()}


def promoted(policy: Policy, tier: Tier) -> dict[str, object]:
    """From the tier below; a policy of one tier has none, so there the benefits are all new."""
    at = policy.tiers.index(tier)
    return {"step": StepUp(old_tier=policy.tiers[at - 1] if at else None)}
