"""The policy's own words in the reader's language, where it has them: tiers, benefits, contact; and
words for what it says in numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from babel import Locale

from partners.domain.policy.policy import Tier
from partners.domain.policy.texts import Worded
from partners.mail.notice import Notice
from partners.mail.words.catalogues import N_, count, pair, say
from partners.mail.words.locales import number, percent, tag
from partners.mail.words.plain import one_line

Table = TypeVar("Table", bound=Worded)

OFF = N_("%(share)s off the base price of every offer")
EARLIER = pair("New offers %(n)s day before others", "New offers %(n)s days before others")


def said(table: Table, notice: Notice, locale: Locale) -> Table:
    """A table in the reader's words; staff know it by the names of timelines and commands."""
    return table if notice.kind.to_staff else table.said_in(tag(locale))


def tier_name(tier: Tier, notice: Notice, locale: Locale) -> str:
    return one_line(said(tier, notice, locale).label)


def _any(_benefit: str) -> bool:
    return True


def offered(tier: Tier, locale: Locale) -> Iterator[str]:
    """`10 % off the base price of every offer`, `New offers 14 days before others`."""
    terms = tier.offers
    if terms.discount is not None:
        yield say(OFF, locale) % {"share": percent(terms.discount, locale)}
    if days := terms.early_access_days:
        yield count(EARLIER, days, number(days, locale), locale)


def given(tier: Tier) -> tuple[str, ...]:
    """What a tier gives: its benefits in the policy's own words; where it has none, what its terms
    of offers come to, in English. Two tiers share what reads alike here."""
    return tier.benefits or tuple(offered(tier, Locale("en")))


def benefits(
    tier: Tier, notice: Notice, locale: Locale, wanted: Callable[[str], bool] = _any
) -> list[str]:
    """What a tier gives in the reader's words. `wanted` is asked of the words of `given`: two tiers
    share a benefit where those are the same, whatever has been translated."""
    words = said(tier, notice, locale).benefits if tier.benefits else offered(tier, locale)
    pairs = zip(given(tier), words, strict=True)
    return [one_line(words) for own, words in pairs if wanted(own)]
