"""What a step up the ladder means, in words: what is new, why, and what keeps the tier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from babel import Locale

from partners.domain.policy.policy import Criterion, Policy, Tier
from partners.mail.notice import Notice
from partners.mail.words import wording
from partners.mail.words.catalogues import N_, say
from partners.mail.words.locales import tag
from partners.mail.words.plain import one_line
from partners.mail.words.policy_texts import benefits, given, tier_name

APPRAISED = N_("appraised by our team")


def standards(policy: Policy, criteria: Iterable[Criterion], locale: Locale) -> list[str]:
    """Criteria, one line each: `Acceptance rate: at least 90 %, over 3 months`."""
    return [
        f"{one_line(wording.label(criterion.metric, policy, locale))}: "
        f"{wording.standard(criterion, policy, locale)}"
        for criterion in criteria
    ]


def entry(policy: Policy, tier: Tier, locale: Locale) -> list[str]:
    """What it takes to enter a tier, one line each, with the qualities that it requires."""
    appraised = say(APPRAISED, locale)
    qualities = [f"{label}: {appraised}" for label in required_qualities(policy, tier, locale)]
    return standards(policy, tier.enter.values(), locale) + qualities


def required_qualities(policy: Policy, tier: Tier, locale: Locale) -> list[str]:
    """The labels of the qualities that a tier requires; its own are in the policy's words."""
    labels = []
    for name in tier.requires:
        if (quality := policy.quality(name)) is not None:
            own = name in policy.qualities
            words = quality.said_in(tag(locale)).label if own else say(quality.label, locale)
            labels.append(one_line(words))
    return labels


def step_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The words for a step up; `step_up` is None for a notice about none."""
    step, tier = notice.step, notice.tier
    if step is None:
        return {"step_up": None}
    before = given(step.old_tier) if step.old_tier else ()
    return {
        "step_up": step,
        "old_tier": step.old_tier and tier_name(step.old_tier, notice, locale),
        "gained": benefits(tier, notice, locale, lambda one: one not in before),
        "kept": benefits(tier, notice, locale, lambda one: one in before),
        "qualities": [] if step.by_hand else required_qualities(notice.policy, tier, locale),
        "to_keep": standards(notice.policy, tier.keep_standards.values(), locale),
    }
