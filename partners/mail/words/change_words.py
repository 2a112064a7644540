"""What a new policy changes, in words: old requirement, new requirement, from when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel import Locale

from partners.domain.policy.policy import Criterion, Policy
from partners.domain.policy.policy_change import DiscountChange
from partners.mail.notice import Notice
from partners.mail.words import locales, wording
from partners.mail.words.catalogues import N_, say
from partners.mail.words.date_words import within
from partners.mail.words.plain import one_line

LIST_MOST = 200
"""Partners named in one mail; more would make it too long for some mail programs."""

NOT_ASKED = N_("not asked")
NO_DISCOUNT = N_("no discount")


@dataclass(frozen=True)
class ChangeRow:
    """One criterion, before and after: `at least 90 %, over 3 months`."""

    label: str
    old: str
    new: str
    tightens: bool


def requirement(criterion: Criterion | None, policy: Policy, locale: Locale) -> str:
    """What a criterion asks, beside its label; `not asked` for none."""
    if criterion is None:
        return say(NOT_ASKED, locale)
    return wording.standard(criterion, policy, locale)


def change_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The words for a change of policy; empty ones for a notice about none."""
    change = notice.change
    if change is None:
        return {
            "change": None,
            "changes": [],
            "discount": None,
            "effective": None,
            "effective_short": None,
        }
    rows = [
        ChangeRow(
            label=one_line(
                wording.label(c.metric, notice.policy if c.new else change.previous, locale)
            ),
            old=requirement(c.old, change.previous, locale),
            new=requirement(c.new, notice.policy, locale),
            tightens=c.tightens,
        )
        for c in change.criteria
    ]
    return {
        "change": change,
        "changes": rows,
        "change_table": [(row.label, row.old, row.new) for row in rows],
        "effective": locales.day(change.effective_from, locale),
        "effective_short": locales.short_day(change.effective_from, locale),
        "effective_within": within(change.effective_from, locale),
        "discount": change.discount,
        **_discounts(change.discount, locale),
        "replaces": change.replaces,
        "replaces_within": change.replaces and within(change.replaces, locale),
        "untold": [one_line(partner_id) for partner_id in change.untold[:LIST_MOST]],
        "untold_more": max(0, len(change.untold) - LIST_MOST),
    }


def _discounts(change: DiscountChange | None, locale: Locale) -> dict[str, str]:
    """A tier's discount, before and after: `10 %`, then `no discount`."""
    if change is None:
        return {}
    after = say(NO_DISCOUNT, locale) if change.new is None else locales.percent(change.new, locale)
    return {"discount_before": locales.percent(change.old, locale), "discount_after": after}
