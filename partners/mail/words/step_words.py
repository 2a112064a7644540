"""What a step up the ladder means, in words: what is new, why, and what keeps the tier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from babel import Locale

from partners.domain.policy.policy import Criterion, Policy, Tier
from partners.mail.notice import Notice
from partners.mail.words import wording
from partners.mail.words.catalogues import N_, say
from partners.mail.words.plain import one_line

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
    """The labels of the qualities that a tier requires; the policy's own stay as given."""
    labels = []
    for name in tier.requires:
        if (quality := policy.quality(name)) is not None:
            own = name in policy.qualities
            labels.append(one_line(quality.label if own else say(quality.label, locale)))
    return labels


def step_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The words for a step up; `step_up` is None for a notice about none."""
    step, tier = notice.step, notice.tier
    if step is None:
        return {"step_up": None}
    before = [one_line(text) for text in step.old_tier.benefits] if step.old_tier else []
    now = [one_line(text) for text in tier.benefits]
    return {
        "step_up": step,
        "old_tier": step.old_tier and one_line(step.old_tier.label),
        "gained": [text for text in now if text not in before],
        "kept": [text for text in now if text in before],
        "qualities": [] if step.by_hand else required_qualities(notice.policy, tier, locale),
        "to_keep": standards(notice.policy, tier.keep_standards.values(), locale),
    }
